package main

import (
	"fmt"
	"os"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// judgeRestricted applies the API server's own code, in every version of the profile since 1.29.
func judgeRestricted(files []string) error {
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	wrong, judged := 0, 0
	for _, file := range files {
		objects, err := objectsOf(file)
		if err != nil {
			return err
		}
		for _, object := range objects {
			template, err := templateOf(object)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if template == nil {
				continue
			}
			judged++
			for _, version := range versions() {
				verdict := policy.AggregateCheckResults(judge.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: version}, &template.ObjectMeta, &template.Spec))
				if !verdict.Allowed {
					wrong++
					fmt.Fprintf(os.Stderr, "%s: %s %s: restricted:%s forbids it: %s\n", file, object.GetKind(), object.GetName(), version.String(), verdict.ForbiddenDetail())
				}
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("the profile forbids some pods")
	}
	if judged == 0 {
		return fmt.Errorf("there was no pod to judge")
	}
	fmt.Printf("%d pod templates are within the restricted profile\n", judged)
	return nil
}

func templateOf(object unstructured.Unstructured) (*core.PodTemplateSpec, error) {
	fields := []string{"spec", "template"}
	switch object.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet", "Job":
	case "CronJob":
		fields = []string{"spec", "jobTemplate", "spec", "template"}
	case "Pod", "ReplicaSet":
		return nil, fmt.Errorf("a %s that nobody thought of here", object.GetKind())
	default:
		return nil, nil
	}
	raw, found, err := unstructured.NestedMap(object.Object, fields...)
	if err != nil || !found {
		return nil, fmt.Errorf("%s %s has no template: %v", object.GetKind(), object.GetName(), err)
	}
	var template core.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &template); err != nil {
		return nil, err
	}
	return &template, nil
}

func versions() []api.Version {
	versions := []api.Version{api.LatestVersion()}
	for minor := oldest; minor <= newest; minor++ {
		versions = append(versions, api.MajorMinorVersion(1, minor))
	}
	return versions
}

const (
	oldest = 29
	newest = 37
)
