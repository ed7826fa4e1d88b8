"""What the demo claims, checked against the facts that the API gave. A claim that does not hold makes
the demo fail."""

from __future__ import annotations

import math
from collections.abc import Callable

import scenario
from account import Account, PodFacts, amount

# What each quota may hold at the most: nominal plus borrowing limit, in cpu.
CPU_MOST = {"research": 70, "product": 60, "platform": 50}
# Where a ScalingPolicy's default thresholds begin.
WARNING_PERCENT = 70
MOST_SECONDS = 180
# How long the writes of one decision may take, in seconds: all members are let go at once, yet each
# by a write of its own.
GANG_WRITES_SECONDS = 5


def of(account: Account, team: str, name: str) -> list[PodFacts]:
    """The pods of one batch."""
    return [facts for facts in account.pods.values()
            if facts.team == team and facts.name.startswith(name + "-")]


def everything_ran(account: Account) -> str | None:
    """Every pod that can run has run to its end."""
    impossible = {scenario.TOO_LARGE, scenario.NOBODYS}
    left = [f"{facts.team}/{facts.name}" for facts in account.pods.values()
            if facts.finished_at is None and facts.name.rsplit("-", 1)[0] not in impossible]
    return f"{len(left)} pods did not end, such as {left[:3]}" if left else None


def quotas_were_kept(account: Account) -> str | None:
    """No quota ever held more than nominal plus what it may borrow: by its own account, and by the
    requests of the pods that were admitted and had not ended."""
    for quota, allowed in CPU_MOST.items():
        held = account.most_held[(quota, "cpu")]
        if held > allowed * 1000:
            return f"admitted pods of {quota} held {held / 1000} cpu, allowed are {allowed}"
    for (quota, pool, resource), most in account.most_used.items():
        allowed = CPU_MOST.get(quota)
        if resource == "cpu" and pool == "cpu" and allowed and most > allowed * 1000:
            return f"{quota} held {most / 1000} cpu, allowed are {allowed}"
    if account.most_used[("research", "cpu", "cpu")] <= 50_000:
        return "research never borrowed, so nothing was shown"
    return None


def gang_started_whole(account: Account) -> str | None:
    """The gang's members were decided together, let go together, and all were bound."""
    members = of(account, "research", scenario.GANG)
    decisions = {facts.record.get("decision") for facts in members}
    bound = sum(1 for facts in members if facts.bound_at is not None)
    if len(members) != scenario.GANG_MEMBERS or len(decisions) != 1 or bound != len(members):
        return f"{bound} of {len(members)} members were bound, by {len(decisions)} decisions"
    if account.half_a_gang > GANG_WRITES_SECONDS:
        return f"some members had their gate {account.half_a_gang:.1f} s longer than others"
    return None


def reservation_was_honored(account: Account) -> str | None:
    """The window had its capacity, the release was placed inside it, and nobody else was."""
    if not account.accepted or not account.honored:
        return f"accepted: {account.accepted}, honored: {account.honored}"
    outside = [facts.name for facts in of(account, "platform", "release")
               if facts.record.get("reservation") != scenario.RESERVATION]
    outside += [facts.name for facts in account.pods.values()
                if facts.record.get("reservation") and facts.batch != "release"]
    outside += [f"{facts.name} at {facts.scheduled}" for facts in of(account, "platform", "release")
                if not account.window[0] <= facts.scheduled < account.window[1]]
    return f"not as reserved: {outside[:3]}" if outside else None


def priority_overtook(account: Account) -> str | None:
    """Jobs of high priority were admitted before jobs of low priority that came and waited earlier."""
    urgent, sweep = of(account, "research", "urgent"), of(account, "research", "sweep")
    if max(facts.created for facts in sweep) >= min(facts.created for facts in urgent):
        return "research/urgent was not submitted last"
    last = max(facts.admitted_at or math.inf for facts in urgent)
    overtaken = sum(1 for facts in sweep if (facts.admitted_at or math.inf) > last)
    return None if overtaken else "none of research/sweep was admitted after research/urgent"


def waiting_was_explained(account: Account) -> str | None:
    """Work that cannot run says why, with the machine word for it."""
    expected = {("research", scenario.TOO_LARGE): {"InsufficientQuota", "InsufficientCapacity"},
                (scenario.STRANGERS, scenario.NOBODYS): {"QuotaNotFound"}}
    for (team, name), reasons in expected.items():
        for facts in of(account, team, name):
            if facts.admitted_at is not None or not facts.reasons_seen & reasons:
                return f"{team}/{facts.name} says {sorted(facts.reasons_seen) or 'nothing'}"
    return None


def use_was_measured(account: Account) -> str | None:
    """Both pools publish measured use, and that of the pool "cpu" was seen to grow."""
    missing = {"cpu", "gpu"} - set(account.measured_percent)
    if missing:
        return f"no measured use of {sorted(missing)}"
    seen = account.measured_percent["cpu"]
    if max(seen) < max(WARNING_PERCENT, 1.5 * seen[0]):
        return f"it went from {seen[0]:.0f} % to {max(seen):.0f} %"
    return None


def growth_was_advised(account: Account) -> str | None:
    """The advice is to grow the pool "cpu", is likelier right than wrong, and shows a forecast."""
    kinds = {(item["spec"]["kind"], item["spec"]["targetRef"]["name"])
             for item in account.recommendations.values()}
    if kinds != {("GrowPool", "cpu")}:
        return f"recommended was {sorted(kinds) or 'nothing'}"
    for item in account.recommendations.values():
        spec = item["spec"]
        gain = spec["expectedImprovement"]
        if spec["confidencePercent"] <= 50 or not spec["evidence"].get("forecast"):
            return f"{spec['confidencePercent']} % confident, evidence {spec['evidence']}"
        if amount(gain["from"]) < WARNING_PERCENT * 1000 or amount(gain["to"]) >= amount(gain["from"]):
            return f"it expects {gain}"
    return None


def advice_can_be_taken(account: Account) -> str | None:
    """The API server takes the recommended patch (a dry run), and the pool would be larger."""
    for item in account.recommendations.values():
        nodes = account.pool_as_advised(item)["spec"]["elastic"]["minNodes"]
        if nodes <= scenario.CPU_NODES:
            return f"it would have {nodes} nodes"
    return None if account.recommendations else "nothing was recommended"


def ended_in_time(seconds: float) -> tuple[str, Callable[[Account], str | None]]:
    """The claim that control plane, work and account together took less than three minutes."""
    return (f"all of it took less than {MOST_SECONDS} s ({seconds:.0f} s)",
            lambda _: None if seconds < MOST_SECONDS else "it took longer")


CLAIMS: tuple[tuple[str, Callable[[Account], str | None]], ...] = (
    ("every pod that can run has run", everything_ran),
    ("no quota held more than it may, and research borrowed from product", quotas_were_kept),
    ("the gang was admitted by one decision and started whole", gang_started_whole),
    ("the reservation's window was honoured and used by its holders alone", reservation_was_honored),
    ("urgent jobs overtook jobs of lower priority that had waited longer", priority_overtook),
    ("work that cannot run says why", waiting_was_explained),
    ("measured use of both pools is published, and that of pool cpu grew past the warning",
     use_was_measured),
    ("the analyzer advises to grow pool cpu, with a forecast and more than 50 % confident",
     growth_was_advised),
    ("the API server takes the patch that is advised", advice_can_be_taken),
)

__all__ = ["CLAIMS", "amount", "ended_in_time"]
