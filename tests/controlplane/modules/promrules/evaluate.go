package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"gopkg.in/yaml.v3"
)

// scenarios are as `promtool test rules` reads them, but for its expectations: what fires is printed.
type scenarios struct {
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []scenario     `yaml:"tests"`
}

type scenario struct {
	Name     string         `yaml:"name"`
	Interval model.Duration `yaml:"interval"`
	Input    []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	Ends model.Duration `yaml:"ends"`
}

type firing struct {
	Scenario string            `json:"scenario"`
	Alert    string            `json:"alert"`
	Labels   map[string]string `json:"labels"`
	Summary  string            `json:"summary"`
	Since    float64           `json:"since_seconds"`
}

// evaluate plays each scenario to its end and prints the alerts that fire there.
func evaluate(rules []rulefmt.Rule, path string) {
	text, err := os.ReadFile(path)
	check(err)
	var all scenarios
	check(yaml.Unmarshal(text, &all))
	found := []firing{}
	for _, one := range all.Tests {
		stored := series{}
		for _, input := range one.Input {
			stored = append(stored, read(input.Series, input.Values, time.Duration(one.Interval)))
		}
		for _, rule := range rules {
			found = append(found, play(rule, stored, one, time.Duration(all.EvaluationInterval))...)
		}
	}
	check(json.NewEncoder(os.Stdout).Encode(found))
}

func read(description, values string, interval time.Duration) storage.Series {
	name, read, err := parser.ParseSeriesDesc(description + " " + values)
	check(err)
	samples := []chunks.Sample{}
	for index, value := range read {
		if !value.Omitted {
			samples = append(samples, sample{int64(index) * interval.Milliseconds(), value.Value})
		}
	}
	return storage.NewListSeries(name, samples)
}

type active struct {
	since  time.Duration
	sample promql.Sample
}

// play asks the rule as often as Prometheus would; what holds without a gap for its `for` fires.
func play(rule rulefmt.Rule, stored series, one scenario, interval time.Duration) []firing {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute})
	held := map[string]active{}
	end := time.Duration(one.Ends)
	for at := time.Duration(0); at <= end; at += interval {
		now := map[string]active{}
		for _, sample := range ask(engine, stored, rule.Expr, at) {
			key := sample.Metric.String()
			since := at
			if known, ok := held[key]; ok {
				since = known.since
			}
			now[key] = active{since, sample}
		}
		held = now
	}
	found := []firing{}
	for _, key := range slices.Sorted(maps.Keys(held)) {
		alert := held[key]
		if end-alert.since >= time.Duration(rule.For) {
			found = append(found, firing{one.Name, rule.Alert, alert.sample.Metric.Map(),
				expand(rule.Annotations["summary"], alert.sample, end), alert.since.Seconds()})
		}
	}
	return found
}

func ask(engine *promql.Engine, stored series, expression string, at time.Duration) promql.Vector {
	query, err := engine.NewInstantQuery(context.Background(), stored, nil, expression,
		time.UnixMilli(at.Milliseconds()))
	check(err)
	defer query.Close()
	vector, err := query.Exec(context.Background()).Vector()
	check(err)
	return slices.Clone(vector)
}

func expand(text string, sample promql.Sample, at time.Duration) string {
	data := template.AlertTemplateData(sample.Metric.Map(), nil, "", sample)
	expander := template.NewTemplateExpander(context.Background(),
		"{{$labels := .Labels}}{{$value := .Value}}"+text, "summary", data,
		model.Time(at.Milliseconds()), nil, &url.URL{}, []string{"missingkey=error"})
	expanded, err := expander.Expand()
	check(err)
	return strings.TrimSpace(expanded)
}

// series is a storage of a few series that answers every query by looking at them all.
type series []storage.Series

func (s series) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: s.find}, nil
}

func (s series) find(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := series{}
	for _, one := range s {
		if !slices.ContainsFunc(matchers, func(matcher *labels.Matcher) bool {
			return !matcher.Matches(one.Labels().Get(matcher.Name))
		}) {
			found = append(found, one)
		}
	}
	sort.Slice(found, func(i, j int) bool {
		return labels.Compare(found[i].Labels(), found[j].Labels()) < 0
	})
	return &cursor{found, -1}
}

type cursor struct {
	found series
	at    int
}

func (c *cursor) Next() bool                        { c.at++; return c.at < len(c.found) }
func (c *cursor) At() storage.Series                { return c.found[c.at] }
func (c *cursor) Err() error                        { return nil }
func (c *cursor) Warnings() annotations.Annotations { return nil }

type sample struct {
	time  int64
	value float64
}

func (s sample) T() int64                      { return s.time }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

func check(err error) {
	if err != nil {
		fail(fmt.Errorf("%w", err))
	}
}
