package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/yannh/kubeconform/pkg/resource"
	"github.com/yannh/kubeconform/pkg/validator"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func validate(arguments []string) error {
	if len(arguments) < 4 {
		return fmt.Errorf("name a version, the folder of its schemas, the folder of schemas of CRDs, and files")
	}
	version, schemas, crds, files := arguments[0], arguments[1], arguments[2], arguments[3:]
	judge, err := schemaJudge(version, schemas, crds)
	if err != nil {
		return err
	}
	wrong := 0
	for _, file := range files {
		// The API server's reader parses anchors, key order and numbers such as 0440, so the schemas see JSON.
		objects, err := objectsOf(file)
		if err != nil {
			return err
		}
		for _, object := range objects {
			if err := judgeObject(judge, file, object); err != nil {
				wrong++
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d objects are no good for Kubernetes %s", wrong, version)
	}
	return nil
}

func schemaJudge(version, schemas, crds string) (validator.Validator, error) {
	locations := []string{
		filepath.Join(schemas, "{{.NormalizedKubernetesVersion}}-local-strict", "{{.ResourceKind}}{{.KindSuffix}}.json"),
		filepath.Join(crds, "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"),
	}
	return validator.New(locations, validator.Opts{KubernetesVersion: version, Strict: true})
}

func judgeObject(judge validator.Validator, file string, object unstructured.Unstructured) error {
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	verdict := judge.ValidateResource(resource.Resource{Path: file, Bytes: text})
	if verdict.Status != validator.Valid {
		return fmt.Errorf("%s: %s %s: %w", file, object.GetKind(), object.GetName(), verdict.Err)
	}
	return nil
}

func writeCRDSchemas(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("name one folder")
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var definition apiextensions.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &definition); err != nil {
		return err
	}
	for _, version := range definition.Spec.Versions {
		var schema map[string]any
		text, err := json.Marshal(version.Schema.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			return err
		}
		closed(schema)
		text, err = json.Marshal(schema)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s_%s_%s.json", definition.Spec.Group, strings.ToLower(definition.Spec.Names.Kind), version.Name)
		if err := os.WriteFile(filepath.Join(arguments[0], name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// The API server drops fields that are unknown to a CRD; here they are errors.
func closed(schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		properties, hasProperties := schema["properties"].(map[string]any)
		_, isMap := schema["additionalProperties"]
		if hasProperties && !isMap && schema["x-kubernetes-preserve-unknown-fields"] != true {
			schema["additionalProperties"] = false
		}
		if schema["x-kubernetes-int-or-string"] == true {
			delete(schema, "type")
		}
		_ = properties
		for _, below := range schema {
			closed(below)
		}
	case []any:
		for _, below := range schema {
			closed(below)
		}
	}
}
