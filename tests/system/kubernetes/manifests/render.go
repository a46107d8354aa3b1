package main

import (
	"flag"
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

// installation is a chart, the name and the namespace of its release, and the values of its files.
type installation struct {
	chart, release, namespace string
	values                    map[string]any
}

func installationOf(arguments []string) (installation, error) {
	flags := flag.NewFlagSet("helm", flag.ContinueOnError)
	release := flags.String("release", "tokenwell", "the name of the release")
	namespace := flags.String("namespace", "shop", "its namespace")
	if err := flags.Parse(arguments); err != nil {
		return installation{}, err
	}
	if flags.NArg() == 0 {
		return installation{}, fmt.Errorf("name a chart")
	}
	values := map[string]any{}
	for _, file := range flags.Args()[1:] {
		own, err := common.ReadValuesFile(file)
		if err != nil {
			return installation{}, fmt.Errorf("%s: %w", file, err)
		}
		values = commonutil.MergeTables(own, values)
	}
	return installation{flags.Arg(0), *release, *namespace, values}, nil
}

// renderChart renders a chart and checks the values against values.schema.json, as helm does.
func renderChart(arguments []string) error {
	own, err := installationOf(arguments)
	if err != nil {
		return err
	}
	text, err := chartText(own.chart, own.release, own.namespace, own.values, true)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(text)
	return err
}

// printNotes prints what `helm install` prints below the state of the release.
func printNotes(arguments []string) error {
	own, err := installationOf(arguments)
	if err != nil {
		return err
	}
	files, err := renderedFiles(own.chart, own.release, own.namespace, own.values, true)
	if err != nil {
		return err
	}
	for name, text := range files {
		if path.Base(name) == "NOTES.txt" {
			_, err = os.Stdout.WriteString(text)
			return err
		}
	}
	return fmt.Errorf("%s has no notes", own.chart)
}

// renderedFiles returns the text of every template. With strict, a template that reads a value that nobody set is an error, as in
// `helm lint --strict`.
func renderedFiles(folder, release, namespace string, values map[string]any, strict bool) (map[string]string, error) {
	chart, err := loader.Load(folder)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(chart, values); err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := commonutil.ToRenderValues(chart, values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	engine := engine.Engine{Strict: strict}
	return engine.Render(chart, all)
}

// chartText returns what `helm template` prints.
func chartText(folder, release, namespace string, values map[string]any, strict bool) (string, error) {
	files, err := renderedFiles(folder, release, namespace, values, strict)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		if path.Ext(name) == ".yaml" && strings.TrimSpace(files[name]) != "" {
			fmt.Fprintf(&text, "---\n# %s\n%s\n", name, files[name])
		}
	}
	return text.String(), nil
}
