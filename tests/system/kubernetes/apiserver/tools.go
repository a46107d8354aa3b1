//go:build tools

// Package apiserver pins what tests/system/kubernetes/apiserver/run builds: a kube-apiserver and the etcd under it.
package apiserver

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
