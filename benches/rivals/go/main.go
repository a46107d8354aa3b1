// The loop that people write with Descope's Go SDK: exchange, write, sleep; SIGUSR1 renews at once.
//
//	rival BASE_URL PROJECT_ID KEY_FILE OUTPUT
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/descope/go-sdk/descope/client"
)

func main() {
	baseURL, project, key, output := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	nudged := make(chan os.Signal, 1)
	signal.Notify(nudged, syscall.SIGUSR1)
	sdk, err := client.NewWithConfig(&client.Config{ProjectID: project, DescopeBaseURL: baseURL})
	if err != nil {
		log.Fatal(err)
	}
	for {
		secret, err := os.ReadFile(key)
		if err != nil {
			log.Fatal(err)
		}
		_, token, err := sdk.Auth.ExchangeAccessKey(context.Background(), strings.TrimSpace(string(secret)), nil)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(output+".new", []byte(token.JWT), 0o600); err != nil {
			log.Fatal(err)
		}
		if err := os.Rename(output+".new", output); err != nil {
			log.Fatal(err)
		}
		select {
		case <-nudged:
		case <-time.After(time.Hour):
		}
	}
}
