"""The demo's claims are false where the facts are: each is fed facts that hold, and then one that does not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demo"))

import claims  # noqa: E402
import scenario  # noqa: E402
from account import Account, PodFacts  # noqa: E402

WINDOW = ("2026-01-01T10:00:00Z", "2026-01-01T10:01:00Z")


def pod(team: str, name: str, **facts) -> PodFacts:
    return PodFacts(team, name, **{
        "created": "1", "admitted_at": 1.0, "bound_at": 2.0, "finished_at": 3.0, "gated": False,
        "scheduled": WINDOW[0], "record": {"decision": name, "pool": "cpu"}, **facts})


def waits(team: str, name: str, reason: str) -> PodFacts:
    return PodFacts(team, name, reasons_seen={reason})


@pytest.fixture
def account() -> Account:
    """All that is claimed holds."""
    account = Account(SimpleNamespace(), 0)
    pods = [pod("research", f"{scenario.GANG}-{i}", record={"decision": "d", "pool": "gpu"})
            for i in range(scenario.GANG_MEMBERS)]
    pods += [pod("platform", "release-0", record={
        "decision": "r", "pool": "cpu", "reservation": scenario.RESERVATION})]
    pods += [pod("research", "sweep-0", admitted_at=9.0), pod("research", "urgent-0", created="2")]
    pods += [waits("research", f"{scenario.TOO_LARGE}-0", "InsufficientQuota"),
             waits(scenario.STRANGERS, f"{scenario.NOBODYS}-0", "QuotaNotFound")]
    account.pods = {(facts.team, facts.name): facts for facts in pods}
    account.most_used[("research", "cpu", "cpu")] = 60_000
    account.most_held[("research", "cpu")] = 60_000
    account.accepted = account.honored = True
    account.window = WINDOW
    account.measured_percent = {"cpu": [20.0, 80.0], "gpu": [5.0]}
    account.recommendations = {"one": {"spec": {
        "kind": "GrowPool", "targetRef": {"name": "cpu"}, "confidencePercent": 80,
        "evidence": {"forecast": [1]}, "expectedImprovement": {"from": "90", "to": "60"}}}}
    account.pool_as_advised = lambda _: {"spec": {"elastic": {"minNodes": scenario.CPU_NODES + 1}}}
    return account


def change(name: str, **facts):
    """The pod's facts become others."""
    def apply(account: Account) -> None:
        found = next(one for one in account.pods.values() if one.name == name)
        for field, value in facts.items():
            setattr(found, field, value)
    return apply


def put(field: str, value):
    return lambda account: setattr(account, field, value)


def count(field: str, key: tuple, value: int):
    return lambda account: getattr(account, field).update({key: value})


def test_facts_that_hold_make_every_claim_true(account):
    assert {claim: check(account) for claim, check in claims.CLAIMS} == {
        claim: None for claim, _ in claims.CLAIMS}


@pytest.mark.parametrize("check, falsify", [
    (claims.everything_ran, change("sweep-0", finished_at=None)),
    (claims.quotas_were_kept, count("most_used", ("product", "cpu", "cpu"), 70_000)),
    (claims.quotas_were_kept, count("most_held", ("product", "cpu"), 70_000)),
    (claims.quotas_were_kept, count("most_used", ("research", "cpu", "cpu"), -20_000)),
    (claims.gang_started_whole, change(f"{scenario.GANG}-0", record={"decision": "other"})),
    (claims.gang_started_whole, change(f"{scenario.GANG}-0", bound_at=None)),
    (claims.gang_started_whole, put("half_a_gang", 6)),
    (claims.reservation_was_honored, put("honored", False)),
    (claims.reservation_was_honored, change("release-0", record={"decision": "r"})),
    (claims.reservation_was_honored, change("release-0", scheduled="2026-01-01T09:59:59Z")),
    (claims.reservation_was_honored, change("release-0", scheduled=WINDOW[1])),
    (claims.reservation_was_honored, change("sweep-0", record={"reservation": scenario.RESERVATION})),
    (claims.priority_overtook, change("urgent-0", admitted_at=10.0)),
    (claims.waiting_was_explained, change(f"{scenario.TOO_LARGE}-0", reasons_seen=set())),
    (claims.waiting_was_explained, change(f"{scenario.NOBODYS}-0", admitted_at=1.0)),
    (claims.use_was_measured, put("measured_percent", {"cpu": [20.0, 80.0]})),
    (claims.use_was_measured, put("measured_percent", {"cpu": [60.0, 65.0], "gpu": [1.0]})),
    (claims.growth_was_advised, put("recommendations", {})),
    (claims.advice_can_be_taken, put("pool_as_advised", lambda _: {
        "spec": {"elastic": {"minNodes": scenario.CPU_NODES}}})),
    (claims.ended_in_time(claims.MOST_SECONDS)[1], lambda _: None),
])
def test_one_fact_that_does_not_hold_makes_its_claim_false(account, check, falsify):
    falsify(account)
    assert check(account)
