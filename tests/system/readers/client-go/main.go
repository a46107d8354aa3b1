// Makes a request to the API server of a kubeconfig ten times a second, with one client for all of them:
//
//	client-go KUBECONFIG
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if os.Args[1] == "--version" {
		build, _ := debug.ReadBuildInfo()
		for _, module := range build.Deps {
			if module.Path == "k8s.io/client-go" {
				fmt.Println(module.Version)
			}
		}
		return
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		panic(err)
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		panic(err)
	}
	for ; ; time.Sleep(100 * time.Millisecond) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
