"""Every alert reads with Prometheus' own parser, asks for metrics that exist, and has a page."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml
from chart_under_test import CHART, ROOT, rendered

from berth_controlplane.tools import ensure_promrules

ALERTS = CHART / "files" / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "runbooks"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
         for rule in group["rules"]]
OF_THE_SCRAPE = ("job", "instance", "namespace", "pod")
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<kind>\w+) \| (?P<labels>[^|]*) \|", re.MULTILINE)
LABEL = re.compile(r"`(?P<name>\w+)`(?P<values>: (?:`[^`]+`(?:, )?)+)?")


def metrics():
    """Of the reference page: each metric's labels, and the values that are listed for them."""
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    known = {}
    for row in ROW.finditer(page):
        labels = {found["name"]: set(re.findall(r"`([^`]+)`", found["values"] or ""))
                  for found in LABEL.finditer(row["labels"]) if found["name"] not in ("reasons",)}
        names = [row["name"]]
        if row["kind"] == "histogram":
            names = [row["name"] + ending for ending in ("_bucket", "_sum", "_count")]
        known |= dict.fromkeys(names, labels)
    return known


@pytest.fixture(scope="module")
def selectors():
    done = subprocess.run([ensure_promrules(print), ALERTS], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_query_asks_for_metrics_and_labels_that_exist(selectors):
    known = metrics()
    assert len(known) > 40
    for selector in selectors:
        where = f"{selector['rule']}: {selector['metric']}"
        assert selector["metric"] in known, f"{where} does not exist"
        for label, (operator, value) in selector["labels"].items():
            if label in OF_THE_SCRAPE:
                continue
            values = known[selector["metric"]].get(label)
            assert values is not None, f"{where} has no label {label}"
            if operator in ("=", "!=") and values and not any("<" in one for one in values):
                assert value in values, f"{where}: {label} is never {value!r}"


def test_a_metric_that_other_programs_have_too_is_asked_of_berth_alone(selectors):
    for selector in selectors:
        if not selector["metric"].startswith("berth_"):
            owner = selector["labels"].get("job") or selector["labels"].get("name")
            assert owner and "berth-" in owner[1], f"{selector['rule']}: {selector['metric']}"


def test_a_query_for_a_metric_that_does_not_exist_would_be_found(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text('groups: [{name: x, rules: [{alert: A, expr: "berth_nonsense > 1"}]}]')
    done = subprocess.run([ensure_promrules(print), file], capture_output=True, text=True,
                          check=True)
    assert json.loads(done.stdout)[0]["metric"] not in metrics()
    file.write_text('groups: [{name: x, rules: [{alert: A, expr: "sum(berth_("}]}]')
    assert subprocess.run([ensure_promrules(print), file], capture_output=True,
                          check=False).returncode == 1


def test_each_alert_has_a_page_and_each_page_an_alert():
    pages = {page.stem for page in RUNBOOKS.glob("*.md")}
    assert pages == {rule["alert"] for rule in RULES}
    for page in RUNBOOKS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.stem}\n")
        assert "## What to look at" in text
        assert "## What to do" in text


def test_each_alert_says_how_bad_it_is_and_what_it_is():
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_the_chart_brings_the_alerts_with_their_pages_and_scrapes_each_program(helm):
    documents = rendered(helm, "--set", "prometheusRule.enabled=true", "--set",
                         "serviceMonitor.enabled=true", "--set", "prometheusRule.alertLabels.team=a")
    rule, = [document for document in documents if document["kind"] == "PrometheusRule"]
    alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert [alert["alert"] for alert in alerts] == [alert["alert"] for alert in RULES]
    for alert, source in zip(alerts, RULES, strict=True):
        assert alert["expr"] == source["expr"]
        assert alert["labels"] == source["labels"] | {"team": "a"}
        assert alert["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{alert['alert']}.md")
    monitor, = [document for document in documents if document["kind"] == "ServiceMonitor"]
    selected = [document["metadata"]["name"] for document in documents
                if document["kind"] == "Service"
                and monitor["spec"]["selector"]["matchLabels"].items()
                <= document["metadata"]["labels"].items()]
    assert len(selected) == 3
