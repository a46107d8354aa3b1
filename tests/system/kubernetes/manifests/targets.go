package main

import (
	"encoding/json"
	"fmt"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// podMonitor has the fields whose effect on labels is known here; any other is an error.
type podMonitor struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   meta.ObjectMeta `json:"metadata"`
	Spec       struct {
		Selector  meta.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// printTargets prints a JSON object of labels for each pod and PodMonitor that selects it: those that the operator's
// generated scrape configuration sets (pkg/prometheus/promcfg.go), without a jobLabel. Each workload has one pod.
func printTargets(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("name a namespace and files")
	}
	namespace := arguments[0]
	var objects []unstructured.Unstructured
	for _, file := range arguments[1:] {
		those, err := objectsOf(file)
		if err != nil {
			return err
		}
		objects = append(objects, those...)
	}
	for _, object := range objects {
		if object.GetKind() != "PodMonitor" {
			continue
		}
		var monitor podMonitor
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &monitor, true); err != nil {
			return fmt.Errorf("PodMonitor %s: %w", object.GetName(), err)
		}
		if err := printTargetsOf(monitor, namespace, objects); err != nil {
			return err
		}
	}
	return nil
}

func printTargetsOf(monitor podMonitor, namespace string, objects []unstructured.Unstructured) error {
	selector, err := meta.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		return err
	}
	for number, object := range objects {
		template, err := templateOf(object)
		if err != nil {
			return err
		}
		if template == nil || !selector.Matches(labels.Set(template.Labels)) {
			continue
		}
		for _, container := range append(template.Spec.InitContainers, template.Spec.Containers...) {
			for _, endpoint := range monitor.Spec.Endpoints {
				port := portOf(container, endpoint.Port)
				if port == 0 {
					continue
				}
				line, err := json.Marshal(map[string]string{
					"job":       namespace + "/" + monitor.Metadata.Name,
					"namespace": namespace,
					"pod":       object.GetName() + "-0",
					"container": container.Name,
					"endpoint":  endpoint.Port,
					"instance":  fmt.Sprintf("10.0.0.%d:%d", number+1, port),
				})
				if err != nil {
					return err
				}
				fmt.Println(string(line))
			}
		}
	}
	return nil
}

// portOf returns the number of a container's port, or 0 without a port of that name.
func portOf(container core.Container, name string) int32 {
	for _, port := range container.Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}
