// Reads the variables V0, V1, … of an env file, or those that are named, as one program does, by its name, and prints each value with a NUL
// behind it.
//
//	env-PROGRAM FILE COUNT [NAME…]
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	compose "github.com/compose-spec/compose-go/v2/dotenv"
	podman "github.com/containers/podman/v4/pkg/env"
	docker "github.com/docker/cli/pkg/kvfile"
	"github.com/joho/godotenv"
	kubelet "k8s.io/kubernetes/pkg/kubelet/util/env"
)

func main() {
	values, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = print(readers[filepath.Base(os.Args[0])], os.Args[1], values, os.Args[3:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func print(read func(file string, names []string) (map[string]string, error), file string, values int, names []string) error {
	for n := range values {
		names = append(names, fmt.Sprintf("V%d", n))
	}
	found, err := read(file, names)
	for _, name := range names {
		fmt.Print(found[name], "\x00")
	}
	return err
}

var readers = map[string]func(file string, names []string) (map[string]string, error){
	"env-godotenv": func(file string, _ []string) (map[string]string, error) { return godotenv.Read(file) },
	"env-compose":  func(file string, _ []string) (map[string]string, error) { return compose.Read(file) },
	"env-docker": func(file string, _ []string) (map[string]string, error) {
		lines, err := docker.Parse(file, os.LookupEnv)
		found := map[string]string{}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, "=")
			found[name] = value
		}
		return found, err
	},
	"env-podman": func(file string, _ []string) (map[string]string, error) { return podman.ParseFile(file) },
	"env-kubelet": func(file string, names []string) (map[string]string, error) {
		found := map[string]string{}
		for _, name := range names {
			value, err := kubelet.ParseEnv(file, name)
			if err != nil {
				return nil, err
			}
			found[name] = value
		}
		return found, nil
	},
}
