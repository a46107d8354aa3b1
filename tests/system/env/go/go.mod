module tokenwell.test/env

go 1.26.0

require (
	github.com/compose-spec/compose-go/v2 v2.16.2
	github.com/containers/podman/v4 v4.9.5
	github.com/docker/cli v29.9.3+incompatible
	github.com/joho/godotenv v1.5.1
	k8s.io/kubernetes v1.37.2
)

require (
	github.com/sirupsen/logrus v1.10.1 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
