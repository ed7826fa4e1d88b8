// naive-extender answers kube-scheduler as a first attempt at an extender would: every name that
// came is returned, every node gets the same score. The yardstick of the throughput benchmark.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
)

type args struct{ NodeNames []string }

type filterResult struct {
	NodeNames   []string
	FailedNodes map[string]string
	Error       string
}

type hostPriority struct {
	Host  string
	Score int64
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "HOST:PORT to serve on")
	flag.Parse()
	answer := func(path string, reply func(args) any) {
		http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			var given args
			if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(reply(given))
		})
	}
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	answer("/filter", func(given args) any { return filterResult{NodeNames: given.NodeNames} })
	answer("/prioritize", func(given args) any {
		scores := make([]hostPriority, 0, len(given.NodeNames))
		for _, name := range given.NodeNames {
			scores = append(scores, hostPriority{Host: name, Score: 5})
		}
		return scores
	})
	log.Fatal(http.ListenAndServe(*address, nil))
}
