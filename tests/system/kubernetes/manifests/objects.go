package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// objectsOf returns every object of a file of YAML documents.
func objectsOf(file string) ([]unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return objectsIn(file, text)
}

// objectsIn returns every object of a text of YAML documents; errors name the file.
func objectsIn(file string, text []byte) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		var object map[string]any
		// Strict: a duplicate key is an error; the second does not replace the first.
		if err := sigsyaml.UnmarshalStrict(document, &object); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(object) > 0 {
			objects = append(objects, unstructured.Unstructured{Object: object})
		}
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("%s: no object in it", file)
	}
	return objects, nil
}

func printObjects(arguments []string) error {
	for _, file := range arguments {
		objects, err := objectsOf(file)
		if err != nil {
			return err
		}
		for _, object := range objects {
			line, err := json.Marshal(object.Object)
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		}
	}
	return nil
}
