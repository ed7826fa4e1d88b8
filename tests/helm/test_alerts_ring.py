"""Every alert on data, by Prometheus' own engine: none rings for a healthy installation, each for what it is
made for, and its summary can be written."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml
from metric_reference import OF_THE_SCRAPE, metrics
from test_alerts import ALERTS, RULES

from berth_controlplane.tools import ensure_promrules

MINUTES = 120
END = "90m"
STILL = f"0x{MINUTES}"
CLOCK = f"0+60x{MINUTES}"  # a time that is always now
GROWS = f"0+60x{MINUTES}"
FAR_AWAY = f"100000000x{MINUTES}"
OPERATOR = 'job="berth-operator",instance="a"'
EXTENDER = 'job="berth-scheduler-extender",instance="b"'


def histogram(name, labels, bounds, filled_from):
    """Buckets of a histogram whose every value lies between two bounds."""
    return {f'{name}_bucket{{{labels},le="{bound}"}}':
            GROWS if bound == "+Inf" or float(bound) >= filled_from else STILL for bound in bounds}


def cycles(filled_from):
    return histogram("berth_cycle_duration_seconds", f'{OPERATOR},phase="decide"',
                     ("0.1", "1", "2.5", "+Inf"), filled_from)


def answers(filled_from):
    return histogram("berth_extender_request_duration_seconds",
                     f'{EXTENDER},verb="filter",outcome="ok"', ("0.001", "0.1", "0.25", "+Inf"),
                     filled_from)


def build(program):
    return f'berth_build_info{{program="{program}",version="0.1.0"}}'


def replica(program, instance):
    return f'berth_build_info{{program="{program}",version="0.1.0",instance="{instance}"}}'


def scraped(job, instance):
    return f'up{{job="{job}",instance="{instance}"}}'


def count(outcome):
    return f'berth_extender_request_duration_seconds_count{{{EXTENDER},verb="filter",outcome="{outcome}"}}'


def writes(outcome):
    return f'berth_admission_writes_total{{{OPERATOR},outcome="{outcome}"}}'


def reconciles(outcome):
    return f'berth_reconciles_total{{{OPERATOR},controller="quota",outcome="{outcome}"}}'


def requests(code):
    return f'rest_client_requests_total{{{OPERATOR},code="{code}",method="GET"}}'


def certificate_of(use):
    return f'berth_certificate_expiration_timestamp_seconds{{{EXTENDER},use="{use}"}}'


def logged(outcome):
    return f'berth_decision_log_cycles_total{{{OPERATOR},outcome="{outcome}"}}'


LEADS = f'leader_election_master_status{{{OPERATOR},name="berth-operator"}}'
HEARD_OF_PODS = f'berth_watch_last_event_timestamp_seconds{{{OPERATOR},resource="pods"}}'
MISSED = f'berth_reservation_windows_total{{{OPERATOR},outcome="missed"}}'
DRIFT = f'berth_ledger_drift{{{OPERATOR},quota="a",resource="cpu"}}'
RELOADS_FAILED = f'berth_certificate_reloads_total{{{OPERATOR},use="authority",outcome="error"}}'
HANDSHAKES = f'berth_http_handshakes_failed_total{{{EXTENDER},server="extender"}}'
STRANGERS = f"berth_extender_callers_refused_total{{{EXTENDER}}}"
LOG_LIMIT = f"berth_decision_log_limit_bytes{{{OPERATOR}}}"
LOG_NEEDED = f"berth_decision_log_needed_bytes{{{OPERATOR}}}"
NEWEST_SAMPLE = 'berth_analyzer_newest_sample_timestamp_seconds{job="berth-analyzer"}'
INTERVAL = 'berth_analyzer_interval_seconds{job="berth-analyzer"}'
ASKED = 'berth_external_metrics_requests_total{job="berth-analyzer",outcome="%s"}'
TRUST = 'berth_analyzer_forecast_trust_ratio{job="berth-analyzer",pool="gpu",resource="cpu"}'

HEALTHY = {
    **{build(program): f"1x{MINUTES}" for program in
       ("berth-operator", "berth-scheduler-extender", "berth-analyzer")},
    replica("berth-operator", "c"): f"1x{MINUTES}",
    scraped("berth-operator", "c"): f"1x{MINUTES}", scraped("prometheus", "p"): STILL,
    LEADS: f"1x{MINUTES}",
    'leader_election_master_status{job="berth-operator",instance="c",name="berth-operator"}': STILL,
    HEARD_OF_PODS: CLOCK,
    reconciles("done"): GROWS, reconciles("error"): STILL,
    **cycles(0.1),
    count("ok"): GROWS, count("error"): STILL, count("invalid"): STILL, count("refused"): GROWS,
    **answers(0.001),
    MISSED: STILL, DRIFT: STILL,
    certificate_of("extender"): FAR_AWAY,
    certificate_of("caller"): STILL,  # nobody has called yet
    RELOADS_FAILED: STILL, HANDSHAKES: STILL, STRANGERS: STILL,
    requests("200"): GROWS, requests("409"): GROWS, requests("403"): STILL,
    writes("done"): GROWS, writes("overtaken"): GROWS, writes("refused"): STILL,
    writes("unknown"): STILL,
    logged("recorded"): GROWS, logged("dropped"): STILL, logged("failed"): STILL,
    LOG_LIMIT: f"268435456x{MINUTES}", LOG_NEEDED: f"20000000x{MINUTES}",
    ASKED % "ok": GROWS, ASKED % "unknown": STILL, ASKED % "error": STILL,
    ASKED % "forbidden": STILL, ASKED % "unauthorized": GROWS,
    NEWEST_SAMPLE: CLOCK, INTERVAL: f"60x{MINUTES}", TRUST: f"0.9x{MINUTES}",
}

# What differs from a healthy installation (None: it is not there), and what rings for it: an alert, labels
# that it must have, and a piece of its summary.
SCENARIOS = {
    "all is well": ({}, None),
    "one of two replicas is gone": (
        {replica("berth-operator", "c"): "1x60", scraped("berth-operator", "c"): "1x60"},
        ("BerthReplicaMissing", {"program": "berth-operator"}, "A replica of berth-operator")),
    "one of two replicas has crashed again and again for a day": (
        {replica("berth-operator", "c"): None, scraped("berth-operator", "c"): STILL},
        ("BerthReplicaMissing", {"program": "berth-operator"}, "A replica of berth-operator")),
    "a replica is new": ({replica("berth-operator", "c"): f"_x60 1x{MINUTES}"}, None),
    "a rollout ran two replicas beside one for a while": (
        {replica("berth-scheduler-extender", "d"): "_x20 1x10"}, None),
    "the operator is not there": (
        {build("berth-operator"): "1x30", replica("berth-operator", "c"): "1x30",
         scraped("berth-operator", "c"): "1x30"},
        ("BerthProgramMissing", {"program": "berth-operator"}, "berth-operator has answered no")),
    "the extender never was there": (
        {build("berth-scheduler-extender"): None},
        ("BerthProgramMissing", {"program": "berth-scheduler-extender"}, "scheduler-extender")),
    "nobody leads": ({LEADS: f"1x30 0x{MINUTES}"}, ("BerthHasNoLeader", {}, "nothing is admitted")),
    "a watch stands still": (
        {HEARD_OF_PODS: f"0+60x30 1800x{MINUTES}"},
        ("BerthCannotFollowTheCluster", {"job": "berth-operator", "resource": "pods"}, "1h 0m 0s")),
    "a watch was never opened": (
        {HEARD_OF_PODS: STILL},
        ("BerthCannotFollowTheCluster", {"instance": "a"}, "has heard nothing of pods")),
    "a tenth of the reconciles fails": (
        {reconciles("error"): f"0+7x{MINUTES}"},
        ("BerthReconcilesFail", {"controller": "quota"}, "10.45%")),
    "one reconcile in a hundred fails": ({reconciles("error"): f"0+0.6x{MINUTES}"}, None),
    "a tenth of the admissions is refused": (
        {writes("refused"): f"0+15x{MINUTES}"}, ("BerthAdmissionsFail", {}, "11.11%")),
    "nothing but one pod wants in, and it is refused": (
        {writes("done"): STILL, writes("overtaken"): STILL,
         writes("refused"): " ".join(f"{hit}x9" for hit in range(1, 13))},
        ("BerthAdmissionsFail", {}, "100%")),
    "nobody wants in": ({writes("done"): STILL, writes("overtaken"): STILL}, None),
    "cycles are slow": (cycles(2.5), ("BerthCyclesAreSlow", {}, "Deciding takes 2.4")),
    "the extender fails": (
        {count("invalid"): f"0+20x{MINUTES}"}, ("BerthExtenderFails", {"verb": "filter"}, "14.29%")),
    "the extender is slow": (answers(0.25), ("BerthExtenderIsSlow", {}, "waits 248")),
    "a window was missed": (
        {MISSED: f"0x80 1x{MINUTES}"}, ("BerthReservationMissed", {}, "without its capacity")),
    "charges were wrong": (
        {DRIFT: f"0x50 2000x4 0x{MINUTES}"},
        ("BerthLedgerDrifted", {"quota": "a", "resource": "cpu"}, "charges of a for cpu")),
    "charges were wrong two hours ago": ({DRIFT: f"2000x4 0x{MINUTES}"}, None),
    "the decision log's volume is full": (
        {logged("failed"): f"0+2x{MINUTES}", logged("dropped"): f"0+50x{MINUTES}"},
        ("BerthDecisionLogLosesCycles", {"instance": "a"}, "of a lacks cycles")),
    "the decision log's volume hangs": (
        {logged("dropped"): GROWS}, ("BerthDecisionLogLosesCycles", {"job": "berth-operator"}, "")),
    "the decision log's volume was full an hour ago": ({logged("failed"): f"0x10 9x{MINUTES}"}, None),
    "the decision log is too small": (
        {LOG_LIMIT: f"10000000x{MINUTES}"},
        ("BerthDecisionLogLosesCycles", {"instance": "a"}, "too small")),
    "there is no decision log": (
        {LOG_LIMIT: STILL, LOG_NEEDED: STILL, logged("recorded"): STILL}, None),
    "a certificate ends in a week": (
        {certificate_of("extender"): f"604800x{MINUTES}"},
        ("BerthCertificateEndsSoon", {"use": "extender"}, "of extender ends")),
    "kube-scheduler's copy ends in a week": (
        {certificate_of("caller"): f"604800x{MINUTES}"},
        ("BerthCertificateEndsSoon", {"use": "caller"}, "of caller ends")),
    "a Secret cannot be written": (
        {RELOADS_FAILED: GROWS}, ("BerthCertificatesAreNotKept", {"use": "authority"}, "authority")),
    "handshakes fail again and again": (
        {HANDSHAKES: GROWS}, ("BerthCallersAreTurnedAway", {}, "certificates or names")),
    "the API server does not trust the webhook": (
        {HANDSHAKES.replace('server="extender"', 'server="gate"'): GROWS},
        ("BerthCallersAreTurnedAway", {"job": "berth-scheduler-extender"}, "certificates or names")),
    "one handshake failed": ({HANDSHAKES: f"0x85 1x{MINUTES}"}, None),
    "a scheduler of another name calls": (
        {STRANGERS: GROWS}, ("BerthCallersAreTurnedAway", {}, "certificates or names")),
    "a right is missing": (
        {requests("403"): f"0+20x{MINUTES}"},
        ("BerthApiServerRefuses", {"job": "berth-operator"}, "14.29%")),
    "metrics-server is away": (
        {NEWEST_SAMPLE: f"0+60x30 1800x{MINUTES}"}, ("BerthAnalyzerIsBlind", {}, "measurements")),
    "the analyzer is away": (
        {build("berth-analyzer"): None, NEWEST_SAMPLE: None, INTERVAL: None, TRUST: None},
        ("BerthAnalyzerIsBlind", {}, "is not there")),
    "the analyzer measures once an hour": (
        {NEWEST_SAMPLE: f"0x59 3600x{MINUTES}", INTERVAL: f"3600x{MINUTES}"}, None),
    "forecasts do not hold": (
        {TRUST: f"0.2x{MINUTES}"},
        ("BerthForecastsAreOff", {"pool": "gpu", "resource": "cpu"}, "cpu of pool gpu")),
    "an autoscaler asks in vain": (
        {ASKED % "unknown": GROWS}, ("BerthAutoscalersAreNotTold", {}, "hold")),
    "an autoscaler lacks the right": (
        {ASKED % "forbidden": GROWS}, ("BerthAutoscalersAreNotTold", {}, "may not read")),
    "a new workload has no past": ({ASKED % "unknown": f"0x74 1x10 11x{MINUTES}"}, None),
}


@pytest.fixture(scope="module")
def ringing(tmp_path_factory):
    """What rings at the end of each scenario, by its name."""
    file = tmp_path_factory.mktemp("alerts") / "scenarios.yaml"
    tests = [{"name": name, "interval": "1m", "ends": END, "input_series": [
        {"series": series, "values": values} for series, values in (HEALTHY | changes).items()
        if values is not None]} for name, (changes, _) in SCENARIOS.items()]
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([ensure_promrules(print), ALERTS, file], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return {name: [one for one in json.loads(done.stdout) if one["scenario"] == name]
            for name in SCENARIOS}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_wrong_rings_and_nothing_else_does(ringing, name):
    _, expected = SCENARIOS[name]
    if expected is None:
        assert ringing[name] == []
        return
    alert, labels, words = expected
    found, = ringing[name]
    assert found["alert"] == alert
    assert labels.items() <= found["labels"].items()
    assert words in found["summary"]


def test_each_alert_rings_in_some_scenario():
    assert {expected[0] for _, expected in SCENARIOS.values() if expected} == \
        {rule["alert"] for rule in RULES}


def test_the_scenarios_are_of_metrics_and_labels_that_exist():
    known = metrics()
    for series in {series for changes, _ in SCENARIOS.values() for series in HEALTHY | changes}:
        metric, labels = re.fullmatch(r"(\w+)\{(.*)\}", series).groups()
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            if label in (*OF_THE_SCRAPE, "le"):
                continue
            values = known[metric][label]
            assert not values or value in values or any("<" in one for one in values), series
