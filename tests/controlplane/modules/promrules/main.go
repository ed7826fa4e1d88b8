// promrules reads a file of Prometheus rules with Prometheus' own parser, and fails with what the
// parser says is wrong. It prints, as JSON, which metrics and labels each expression asks for; or, with
// a file of scenarios, which alerts fire at the end of each by Prometheus' own engine.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

type selector struct {
	Rule   string              `json:"rule"`
	Metric string              `json:"metric"`
	Labels map[string][]string `json:"labels"` // by name: operator and value
}

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fail(fmt.Errorf("usage: promrules RULES [SCENARIOS]"))
	}
	groups, problems := rulefmt.ParseFile(os.Args[1], false)
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	rules := []rulefmt.Rule{}
	for _, group := range groups.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(os.Args) == 3 {
		evaluate(rules, os.Args[2])
		return
	}
	found := []selector{}
	for _, rule := range rules {
		expression, err := parser.ParseExpr(rule.Expr)
		check(err)
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			if vector, ok := node.(*parser.VectorSelector); ok {
				found = append(found, selectorOf(rule.Alert+rule.Record, vector))
			}
			return nil
		})
	}
	check(json.NewEncoder(os.Stdout).Encode(found))
}

func selectorOf(rule string, vector *parser.VectorSelector) selector {
	labels := map[string][]string{}
	for _, matcher := range vector.LabelMatchers {
		if matcher.Name != "__name__" {
			labels[matcher.Name] = []string{matcher.Type.String(), matcher.Value}
		}
	}
	return selector{rule, vector.Name, labels}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
