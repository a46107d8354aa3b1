// Command manifests renders and judges Kubernetes manifests with the libraries that kustomize, helm, kubeconform and the API
// server's PodSecurity admission are made of. One program, because they build most of the same packages.
//
//	manifests kustomize FOLDER                             what `kubectl apply -k` would send
//	manifests helm [-release NAME] [-namespace NAME] CHART [VALUES.yaml…]
//	                                                       what `helm template NAME CHART -n NAMESPACE -f VALUES…` prints
//	manifests notes [-release NAME] [-namespace NAME] CHART [VALUES.yaml…]
//	                                                       what `helm install` prints at its end
//	manifests mutate SCHEMAS CRDS CONFIGS CHART VALUES.yaml…
//	                                                       the chart with each value replaced by null, "", {}, [], a number…:
//	                                                       each is refused in words, or renders what the API takes; writes the
//	                                                       configurations of tokenwell to the folder CONFIGS
//	manifests targets NAMESPACE FILE…                      the labels of each target that the Prometheus operator makes of them
//	manifests crds FOLDER < CRD.yaml                       writes a CRD's schemas where `validate` looks for them
//	manifests validate VERSION SCHEMAS CRDS FILE…          every object against the schemas of a release, strictly
//	manifests restricted FILE…                             every pod template against the `restricted` profile, in all its versions
//	manifests objects FILE                                 one JSON object a line, to be compared
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{
		"kustomize":  renderKustomization,
		"helm":       renderChart,
		"notes":      printNotes,
		"mutate":     mutate,
		"targets":    printTargets,
		"crds":       writeCRDSchemas,
		"validate":   validate,
		"restricted": judgeRestricted,
		"objects":    printObjects,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: manifests kustomize|helm|notes|mutate|targets|crds|validate|restricted|objects …")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
