"""Every query of the dashboards reads with Prometheus' own parser and asks for what exists; what Grafana
would only show as a hole is found here."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml
from chart_under_test import CHART, ROOT, rendered
from metric_reference import OF_THE_SCRAPE, asked_of_others, faults, metrics, selectors

DASHBOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8"))
              for path in sorted((CHART / "files" / "dashboards").glob("*.json"))}
COLUMNS = 24
# What Grafana puts in for its variables.
VARIABLES = {"$__rate_interval": "5m", "$quota": ".*", "$resource": ".*"}


def targets(dashboard):
    return [(panel, target) for panel in dashboard["panels"] for target in panel.get("targets", [])]


def written_out(query):
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def asked_by(queries, folder):
    """What queries ask for, by where they are."""
    file = folder / "rules.yaml"
    rules = [{"alert": where, "expr": written_out(query)} for where, query in queries]
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    return selectors(file)


def test_the_files_are_what_their_source_says():
    done = subprocess.run([ROOT / "scripts/generate-dashboards", "--check"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_one_for_each_purpose():
    assert DASHBOARDS.keys() == {"berth-overview", "berth-quotas", "berth-reservations",
                                 "berth-analyzer", "berth-internals"}
    assert {uid: dashboard["uid"] for uid, dashboard in DASHBOARDS.items()} == \
        {uid: uid for uid in DASHBOARDS}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_each_query_asks_berth_for_what_exists(uid, tmp_path):
    queries = [(f"{uid}, {panel['title']}", target["expr"])
               for panel, target in targets(DASHBOARDS[uid])]
    asked = asked_by(queries, tmp_path)
    assert len({each["rule"] for each in asked}) == len({where for where, _ in queries})
    assert faults(asked) == []
    assert asked_of_others(asked) == []


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_each_panel_says_what_it_shows(uid):
    silent = [panel["title"] for panel in DASHBOARDS[uid]["panels"]
              if panel["type"] != "row" and not panel["description"].endswith(".")]
    assert silent == []


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_each_legend_names_labels_that_its_query_keeps(uid):
    known = metrics()
    for panel, target in targets(DASHBOARDS[uid]):
        grouped = re.findall(r"\bby \(([^)]*)\)", target["expr"])
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            where = f"{uid}, {panel['title']}: {label}"
            if grouped:
                assert all(label in names.split(", ") for names in grouped), where
            else:
                named = re.findall(r"\b[a-z]+_\w+\b", target["expr"])
                assert label in OF_THE_SCRAPE or any(label in known.get(name, {})
                                                     for name in named), where


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_each_variable_lists_a_label_that_exists_and_is_used(uid):
    dashboard = DASHBOARDS[uid]
    queries = " ".join(target["expr"] for _, target in targets(dashboard))
    datasource, *others = dashboard["templating"]["list"]
    assert (datasource["name"], datasource["type"]) == ("datasource", "datasource")
    for variable in others:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)",
                                     variable["definition"]).groups()
        assert label in metrics()[metric]
        assert f'=~"${variable["name"]}"' in queries
    used = set(re.findall(r"\$(\w+)", queries)) - {"__rate_interval"}
    assert used == {variable["name"] for variable in others}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_lie_beside_each_other_inside_the_grid(uid):
    taken = set()
    panels = DASHBOARDS[uid]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_chart_brings_them_where_the_sidecar_looks(helm):
    documents = rendered(helm, "--set", "dashboards.enabled=true", "--set",
                         "dashboards.namespace=monitoring", "--set",
                         "dashboards.annotations.grafana_folder=Berth")
    brought = [document for document in documents if document["kind"] == "ConfigMap"
               and "grafana_dashboard" in document["metadata"]["labels"]]
    assert {name: json.loads(text) for document in brought
            for name, text in document["data"].items()} == {
        f"{uid}.json": dashboard for uid, dashboard in DASHBOARDS.items()}
    assert {document["metadata"]["namespace"] for document in brought} == {"monitoring"}
    assert {document["metadata"]["annotations"]["grafana_folder"] for document in brought} == \
        {"Berth"}
    unlabelled = rendered(helm, "--set", "dashboards.enabled=true", "--set",
                          "dashboards.labels.grafana_dashboard=null")
    assert len([document for document in unlabelled
                if document["metadata"]["name"].endswith("-dashboard")]) == len(brought)
    assert not [document for document in rendered(helm)
                if "grafana_dashboard" in document["metadata"].get("labels", {})]
