package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func renderKustomization(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("name one folder")
	}
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), arguments[0])
	if err != nil {
		return err
	}
	text, err := objects.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

// renderChart renders a chart and checks the values against values.schema.json, as helm does.
func renderChart(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("name a chart")
	}
	chart, err := loader.Load(arguments[0])
	if err != nil {
		return err
	}
	values := map[string]any{}
	for _, file := range arguments[1:] {
		own, err := common.ReadValuesFile(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		values = commonutil.CoalesceTables(own, values)
	}
	if err := chartutil.ProcessDependencies(chart, values); err != nil {
		return err
	}
	release := common.ReleaseOptions{Name: "tokenwell", Namespace: "shop", Revision: 1, IsInstall: true}
	all, err := commonutil.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		return err
	}
	strict := engine.Engine{Strict: true}
	files, err := strict.Render(chart, all)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if path.Ext(name) == ".yaml" && strings.TrimSpace(files[name]) != "" {
			fmt.Printf("---\n# %s\n%s\n", name, files[name])
		}
	}
	return nil
}
