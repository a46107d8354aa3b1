package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yannh/kubeconform/pkg/validator"
	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mutate renders the chart once for each value and each replacement, over the values of each file.
func mutate(arguments []string) error {
	if len(arguments) < 4 {
		return fmt.Errorf("name the folder of schemas, that of CRDs, one for configurations, a chart, and bases")
	}
	judge, err := schemaJudge(fmt.Sprintf("1.%d.0", newest), arguments[0], arguments[1])
	if err != nil {
		return err
	}
	// Helm warns of every table that a replacement takes the place of.
	log.SetOutput(io.Discard)
	trial := mutation{judge: judge, configurations: arguments[2], chart: arguments[3], judged: map[string]error{}}
	chart, err := loader.Load(trial.chart)
	if err != nil {
		return err
	}
	for _, file := range arguments[4:] {
		own, err := common.ReadValuesFile(file)
		if err != nil {
			return err
		}
		base := commonutil.MergeTables(own, copied(chart.Values))
		if err := trial.render(file, base); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, place := range placesIn(nil, base) {
			// Of an app's chart only the values of tokenwell; helm itself refuses a dependency that is no map.
			if len(chart.Dependencies()) > 0 && (place[0] != "tokenwell" || len(place) == 1) {
				continue
			}
			for _, replacement := range replacements() {
				trial.renderWith(base, place, replacement)
			}
		}
	}
	fmt.Printf("# %d renderings with a changed value, %d refused in words\n", trial.rendered+trial.refused, trial.refused)
	if trial.wrong > 0 {
		return fmt.Errorf("%d changed values end in an error of the template or of the API", trial.wrong)
	}
	if trial.rendered == 0 || trial.refused == 0 {
		return fmt.Errorf("all changed values had the same outcome")
	}
	return nil
}

func replacements() []any {
	return []any{nil, "", map[string]any{}, []any{}, 7, 20261130.0, 3.5, "7", "text", true, "false"}
}

type mutation struct {
	judge                    validator.Validator
	configurations, chart    string
	judged                   map[string]error
	rendered, refused, wrong int
}

func (m *mutation) renderWith(base map[string]any, place []any, replacement any) {
	values := copied(base)
	replace(values, place, replacement)
	text, _ := json.Marshal(replacement)
	name := fmt.Sprintf("%v = %s", place, text)
	switch err := m.render(name, values); {
	case err == nil:
		m.rendered++
	case inWords(err):
		m.refused++
	default:
		m.wrong++
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
}

// inWords reports whether helm's reader of values.schema.json refused, or a sentence of `fail` in a template.
func inWords(err error) bool {
	text := err.Error()
	return strings.Contains(text, "values don't meet the specifications of the schema") ||
		regexp.MustCompile(`projectId is empty|caBundle names a configMap and a secret|tokenwell\.sidecar needs`).MatchString(text)
}

// render renders as helm does and as `helm lint --strict` does, and judges what it has not judged before.
func (m *mutation) render(name string, values map[string]any) error {
	for _, strict := range []bool{false, true} {
		text, err := chartText(m.chart, "myshop", "shop", copied(values), strict)
		if err != nil {
			return err
		}
		for _, document := range strings.Split(text, "\n---\n") {
			verdict, known := m.judged[document]
			if !known {
				verdict = m.judgeDocument(name, document)
				m.judged[document] = verdict
			}
			if verdict != nil {
				return verdict
			}
		}
	}
	return nil
}

func (m *mutation) judgeDocument(name, document string) error {
	objects, err := objectsIn(name, []byte(document))
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := m.judgeWhole(name, object); err != nil {
			return err
		}
	}
	return nil
}

// judgeWhole checks an object against the schema, as its type, and what schemas do not say of names, labels and quantities.
func (m *mutation) judgeWhole(name string, object unstructured.Unstructured) error {
	if err := judgeObject(m.judge, name, object); err != nil {
		return err
	}
	if wrong := utilvalidation.IsDNS1123Subdomain(object.GetName()); len(wrong) > 0 {
		return fmt.Errorf("%s %q: %v", object.GetKind(), object.GetName(), wrong)
	}
	if wrong := validation.ValidateLabels(object.GetLabels(), field.NewPath("metadata", "labels")); len(wrong) > 0 {
		return wrong.ToAggregate()
	}
	types := map[string]any{
		"ConfigMap": &core.ConfigMap{}, "PersistentVolumeClaim": &core.PersistentVolumeClaim{},
		"Deployment": &apps.Deployment{}, "NetworkPolicy": &networking.NetworkPolicy{},
	}
	typed, known := types[object.GetKind()]
	if !known {
		return nil
	}
	// Quantities are parsed by their type's own reader of JSON.
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, typed); err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, typed, true); err != nil {
		return err
	}
	if deployment, ok := typed.(*apps.Deployment); ok {
		template := deployment.Spec.Template
		return validation.ValidateLabels(template.Labels, field.NewPath("spec", "template", "metadata", "labels")).ToAggregate()
	}
	if configuration, ok := typed.(*core.ConfigMap); ok {
		text := configuration.Data["tokenwell.yaml"]
		file := fmt.Sprintf("%x.yaml", sha256.Sum256([]byte(text)))
		return os.WriteFile(filepath.Join(m.configurations, file), []byte(text), 0o644)
	}
	return nil
}

// passedOn reports whether the chart gives a value to Kubernetes or to tokenwell as it is, and they judge what is in it.
func passedOn(place []any) bool {
	way := fmt.Sprint(place)
	return regexp.MustCompile(`^\[(tokenwell )?(config|affinity \w+|extraVolumes \d+ [a-z]+[A-Z]\w+|extraEnv \d+ valueFrom|topologySpreadConstraints \d+|networkPolicy extraEgress \d+)\]`).MatchString(way)
}

// placesIn returns the way to every value below this one: keys of maps, numbers of lists.
func placesIn(prefix []any, value any) [][]any {
	var places [][]any
	below := func(key, value any) {
		place := append(append([]any{}, prefix...), key)
		places = append(places, place)
		if !passedOn(place) {
			places = append(places, placesIn(place, value)...)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for key, value := range value {
			below(key, value)
		}
	case []any:
		for number, value := range value {
			below(number, value)
		}
	}
	return places
}

// replace sets the value at a place.
func replace(values map[string]any, place []any, replacement any) {
	var at any = values
	for number, key := range place {
		last := number == len(place)-1
		switch container := at.(type) {
		case map[string]any:
			if last {
				container[key.(string)] = replacement
			}
			at = container[key.(string)]
		case []any:
			if last {
				container[key.(int)] = replacement
			}
			at = container[key.(int)]
		}
	}
}

// copied returns a copy with the types of JSON, as helm has them after reading a file.
func copied(values map[string]any) map[string]any {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err)
	}
	var copy map[string]any
	if err := json.Unmarshal(text, &copy); err != nil {
		panic(err)
	}
	return copy
}
