// Prints the end of each new token that an event of fsnotify leads to: fsnotify FOLDER FILE
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/fsnotify/fsnotify"
)

func main() {
	folder, file := os.Args[1], os.Args[2]
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Fatal(err)
	}
	if err := watcher.Add(folder); err != nil {
		log.Fatal(err)
	}
	last := read(file)
	fmt.Println("watching")
	for range watcher.Events {
		if token := read(file); token != last {
			last = token
			fmt.Println(token[len(token)-16:])
		}
	}
}

func read(file string) string {
	token, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	return string(token)
}
