package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	mergePatch    = "application/merge-patch+json"
	plainJSON     = "application/json"
	admitted      = "berth.dev/admitted" // names the planned nodes
	progressEvery = 10 * time.Second
)

// workload is one pod, or one after the other if it is evicted.
type workload struct {
	of       *arrivals
	name     string
	due      time.Duration
	created  time.Time
	admitted time.Time
	lives    int // pods that were evicted
	ended    bool
}

type load struct {
	plan     plan
	server   *server
	creation chan *workload
	rest     chan func() error
	failed   chan error
	done     chan struct{}

	mutex     sync.Mutex
	workloads map[string]*workload // by namespace/name
	order     []*workload          // by when they are due
	counts    struct{ created, admitted, ended, evicted int }
	first     time.Time
	lastMade  time.Time
	lastEnd   time.Time
}

func newLoad(given plan, to *server) *load {
	l := &load{plan: given, server: to, workloads: map[string]*workload{},
		failed: make(chan error, 1), done: make(chan struct{})}
	for i := range given.Arrivals {
		of := &given.Arrivals[i]
		for n := 0; n < of.Count; n++ {
			w := &workload{of: of, name: fmt.Sprintf("%s-%d", of.Prefix, n),
				due: time.Duration(int64(n)*of.EveryMs) * time.Millisecond}
			l.workloads[of.Namespace+"/"+w.name] = w
			l.order = append(l.order, w)
		}
	}
	sort.SliceStable(l.order, func(i, j int) bool { return l.order[i].due < l.order[j].due })
	l.creation = make(chan *workload, len(l.order))
	l.rest = make(chan func() error, 4*len(l.order)) // the watch must never wait
	return l
}

func (l *load) run() (*result, error) {
	version, err := l.server.now()
	if err != nil {
		return nil, err
	}
	go l.follow(version)
	for i := 0; i < l.plan.Writers; i++ {
		go l.create()
		go l.act()
	}
	l.first = time.Now()
	go l.arrive()
	if err := l.wait(); err != nil {
		return nil, err
	}
	return l.measured(), nil
}

// follow goes on where the last watch ended: the server ends those that are too slow for a burst.
func (l *load) follow(version string) {
	for {
		last, err := l.server.watch(version, l.see)
		if err != nil {
			l.stop(err)
			return
		}
		version = last
	}
}

func (l *load) arrive() {
	for _, w := range l.order {
		time.Sleep(time.Until(l.first.Add(w.due)))
		l.creation <- w
	}
}

func (l *load) create() {
	for w := range l.creation {
		l.mutex.Lock()
		if w.created.IsZero() {
			w.created = time.Now()
		}
		l.mutex.Unlock()
		err := l.server.write(http.MethodPost, "pods", collection(w), plainJSON, body(w))
		if err != nil {
			l.stop(err)
			return
		}
		l.mutex.Lock()
		l.counts.created++
		l.lastMade = time.Now()
		l.mutex.Unlock()
	}
}

func (l *load) act() {
	for step := range l.rest {
		if err := step(); err != nil {
			l.stop(err)
			return
		}
	}
}

// see takes in one event: a pod without gates was admitted, one that went too early was evicted.
func (l *load) see(seen event) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	w := l.workloads[seen.Object.Metadata.Namespace+"/"+seen.Object.Metadata.Name]
	if w == nil || w.ended {
		return
	}
	switch {
	case seen.Type == "DELETED":
		l.counts.evicted++
		w.lives++
		w.admitted = time.Time{}
		l.creation <- w
	case len(seen.Object.Spec.Gates) == 0 && w.admitted.IsZero():
		w.admitted = time.Now()
		l.counts.admitted++
		if l.plan.Bind {
			node := plannedNode(seen.Object.Metadata.Annotations[admitted])
			life := w.lives
			l.rest <- func() error { return l.bind(w, life, node) }
			return
		}
		l.runFor(w, w.lives)
	}
}

func (l *load) runFor(w *workload, life int) {
	time.AfterFunc(time.Duration(w.of.RuntimeMs)*time.Millisecond, func() {
		l.rest <- func() error { return l.succeed(w, life) }
	})
}

func (l *load) bind(w *workload, life int, node string) error {
	binding := fmt.Sprintf(`{"apiVersion":"v1","kind":"Binding","metadata":{"name":%q},`+
		`"target":{"apiVersion":"v1","kind":"Node","name":%q}}`, w.name, node)
	err := l.server.write(http.MethodPost, "pods/binding", path(w, "/binding"), plainJSON, []byte(binding))
	if errors.Is(err, errGone) {
		return nil // the watch tells
	}
	if err == nil {
		l.runFor(w, life)
	}
	return err
}

func (l *load) succeed(w *workload, life int) error {
	if l.isOver(w, life) {
		return nil
	}
	err := l.server.write(http.MethodPatch, "pods/status", path(w, "/status"), mergePatch,
		[]byte(`{"status":{"phase":"Succeeded"}}`))
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	w.ended = true
	l.lastEnd = time.Now()
	if l.counts.ended++; l.counts.ended == len(l.order) {
		close(l.done)
	}
	return nil
}

func (l *load) isOver(w *workload, life int) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return w.lives != life
}

func (l *load) stop(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// wait ends when all have ended, or nothing has for too long.
func (l *load) wait() error {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-l.done:
			return nil
		case err := <-l.failed:
			return err
		case <-ticker.C:
		}
		l.mutex.Lock()
		counts, since := l.counts, l.lastEnd
		l.mutex.Unlock()
		if since.IsZero() {
			since = l.first
		}
		fmt.Fprintf(os.Stderr, "  %3.0f s: %d created, %d admitted, %d ended\n",
			time.Since(l.first).Seconds(), counts.created, counts.admitted, counts.ended)
		if time.Since(since) > time.Duration(l.plan.StallMs)*time.Millisecond {
			return fmt.Errorf("no pod ended for %d s", l.plan.StallMs/1000)
		}
	}
}

func (l *load) measured() *result {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	found := &result{WallSeconds: l.lastEnd.Sub(l.first).Seconds(),
		CreatedSeconds: l.lastMade.Sub(l.first).Seconds(), WaitsMs: map[string][]int64{},
		Evicted: l.counts.evicted}
	for _, w := range l.order {
		found.WaitsMs[w.of.Class] = append(found.WaitsMs[w.of.Class],
			w.admitted.Sub(w.created).Milliseconds())
	}
	l.server.mutex.Lock()
	defer l.server.mutex.Unlock()
	found.Requests, found.TurnedAway = l.server.requests, l.server.turnedAway
	return found
}

func collection(w *workload) string {
	return "/api/v1/namespaces/" + w.of.Namespace + "/pods"
}

func path(w *workload, subresource string) string {
	return collection(w) + "/" + w.name + subresource
}

// body is the pod: its metadata with a name, and its spec.
func body(w *workload) []byte {
	metadata := strings.Replace(string(w.of.Metadata), "{", fmt.Sprintf(`{"name":%q,`, w.name), 1)
	return []byte(`{"apiVersion":"v1","kind":"Pod","metadata":` + metadata +
		`,"spec":` + string(w.of.Spec) + `}`)
}

// plannedNode is the best node of an admission's record.
func plannedNode(record string) string {
	var decided struct {
		Nodes []string `json:"nodes"`
	}
	if json.Unmarshal([]byte(record), &decided) != nil || len(decided.Nodes) == 0 {
		return ""
	}
	return decided.Nodes[0]
}
