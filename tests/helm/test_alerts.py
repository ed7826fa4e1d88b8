"""Every alert reads with Prometheus' own parser, asks for metrics that exist, and has a page."""

from __future__ import annotations

import pytest
import yaml
from chart_under_test import CHART, ROOT, rendered
from metric_reference import asked_of_others, faults, selectors

ALERTS = CHART / "files" / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "runbooks"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
         for rule in group["rules"]]


@pytest.fixture(scope="module")
def asked():
    return selectors(ALERTS)


def test_each_query_asks_for_metrics_and_labels_that_exist(asked):
    assert faults(asked) == []


def test_a_metric_that_other_programs_have_too_is_asked_of_berth_alone(asked):
    assert asked_of_others(asked) == []


@pytest.mark.parametrize("query, fault", [
    ("berth_nonsense > 1", "does not exist"),
    ('berth_admissions_total{colour="red"}', "has no label colour"),
    ('berth_admissions_total{mode="magic"}', "mode is never 'magic'")])
def test_a_query_for_what_does_not_exist_is_found(tmp_path, query, fault):
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": [
        {"alert": "A", "expr": query}]}]}))
    found, = faults(selectors(file))
    assert fault in found


def test_a_query_that_is_no_query_is_refused(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text('groups: [{name: x, rules: [{alert: A, expr: "sum(berth_("}]}]')
    with pytest.raises(AssertionError, match="unclosed left parenthesis"):
        selectors(file)


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
