// Command standin answers on the ports of a workload whose real program is not
// to be had on this machine, and says on every page that it is a stand-in.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// settings say which image is stood in for and, for each port, which paths
// answer 200. As in net/http, a path that ends in a slash stands for all below
// it. Any other path answers 404, so that a check of a wrong path fails here too.
type settings struct {
	Image string              `json:"image"`
	Ports map[string][]string `json:"ports"`
}

func read(path string) (settings, error) {
	var s settings
	content, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	if len(s.Ports) == 0 {
		return s, fmt.Errorf("%s names no ports to answer on", path)
	}
	return s, nil
}

func (s settings) page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Stand-In", s.Image)
		w.WriteHeader(status)
		fmt.Fprintf(w, "This is a stand-in for %s, called as %s: it only answers %s.\n", s.Image, os.Args[0], r.URL.Path)
	}
}

func (s settings) handler(paths []string) http.Handler {
	mux := http.NewServeMux()
	pages := map[string]int{"/": http.StatusNotFound}
	for _, path := range paths {
		pages[path] = http.StatusOK
	}
	for path, status := range pages {
		mux.HandleFunc(path, s.page(status))
	}
	return mux
}

func serve(s settings) error {
	failed := make(chan error, len(s.Ports))
	var servers []*http.Server
	for port, paths := range s.Ports {
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: s.handler(paths), ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		go func() { failed <- server.Serve(listener) }()
		log.Printf("stand-in for %s: port %s, paths %v", s.Image, port, paths)
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	limit, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	var unfinished error
	for _, server := range servers {
		unfinished = errors.Join(unfinished, server.Shutdown(limit))
	}
	return unfinished
}

func main() {
	path := os.Getenv("STAND_IN")
	if path == "" {
		path = "/etc/stand-in.json"
	}
	s, err := read(path)
	if err == nil {
		err = serve(s)
	}
	if err != nil {
		log.Fatalf("stand-in: %v", err)
	}
}
