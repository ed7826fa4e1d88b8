// pod-load creates pods at given times and plays their scheduler and kubelet: a pod that lost its
// gates runs for its time and has then Succeeded. The plan comes on stdin, what was measured goes
// to stdout, both as JSON. It keeps connections open, has no rate limit of its own, and decodes of
// a watch event what it needs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

// arrivals are equal pods, one every so often, the first at once.
type arrivals struct {
	Class     string          `json:"class"`
	Prefix    string          `json:"prefix"`
	Count     int             `json:"count"`
	EveryMs   int64           `json:"everyMs"`
	RuntimeMs int64           `json:"runtimeMs"`
	Namespace string          `json:"namespace"`
	Metadata  json.RawMessage `json:"metadata"` // without the name
	Spec      json.RawMessage `json:"spec"`
}

type plan struct {
	Server      string     `json:"server"`
	Authority   string     `json:"authority"`
	Certificate string     `json:"certificate"`
	Key         string     `json:"key"`
	Writers     int        `json:"writers"` // connections that create, and as many that do the rest
	Bind        bool       `json:"bind"`
	StallMs     int64      `json:"stallMs"` // without a pod that ends for so long: give up
	Arrivals    []arrivals `json:"arrivals"`
}

type result struct {
	WallSeconds    float64            `json:"wallSeconds"`    // first creation to last end
	CreatedSeconds float64            `json:"createdSeconds"` // first creation to last creation
	CPUSeconds     float64            `json:"cpuSeconds"`     // of this program
	WaitsMs        map[string][]int64 `json:"waitsMs"`        // creation to admission, by class
	Requests       map[string]int64   `json:"requests"`       // by verb and resource
	TurnedAway     int64              `json:"turnedAway"`     // answers 429, tried again
	Evicted        int                `json:"evicted"`        // pods that went before their end, made again
}

func main() {
	var given plan
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fail(err)
	}
	server, err := connect(given)
	if err != nil {
		fail(err)
	}
	measured, err := newLoad(given, server).run()
	if err != nil {
		fail(err)
	}
	measured.CPUSeconds = cpuSeconds()
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		fail(err)
	}
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fail(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "pod-load:", err)
	os.Exit(1)
}
