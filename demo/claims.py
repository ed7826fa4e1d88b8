"""What the demo claims, checked against the facts that the API gave. A claim that does not hold makes
the demo fail."""

from __future__ import annotations

from collections.abc import Callable

import scenario
from account import Account, PodFacts, amount

# What each quota may hold at the most: nominal plus borrowing limit, in cpu.
CPU_MOST = {"research": 70, "product": 60, "platform": 50}


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
    """No quota ever held more than nominal plus what it may borrow."""
    for (quota, pool, resource), most in account.most_used.items():
        allowed = CPU_MOST.get(quota)
        if resource == "cpu" and pool == "cpu" and allowed and most > allowed * 1000:
            return f"{quota} held {most / 1000} cpu, allowed are {allowed}"
    if account.most_used[("research", "cpu", "cpu")] <= 50_000:
        return "research never borrowed, so nothing was shown"
    return None


def gang_started_whole(account: Account) -> str | None:
    """The gang's members were decided together and all were bound."""
    members = of(account, "research", scenario.GANG)
    decisions = {facts.record.get("decision") for facts in members}
    bound = sum(1 for facts in members if facts.bound_at is not None)
    if len(members) != scenario.GANG_MEMBERS or len(decisions) != 1 or bound != len(members):
        return f"{bound} of {len(members)} members were bound, by {len(decisions)} decisions"
    return None


def reservation_was_honored(account: Account) -> str | None:
    """The window had its capacity, and the release ran inside it and only there."""
    if not account.accepted or not account.honored:
        return f"accepted: {account.accepted}, honored: {account.honored}"
    outside = [facts.name for facts in of(account, "platform", "release")
               if facts.record.get("reservation") != scenario.RESERVATION]
    return f"not on the reservation: {outside[:3]}" if outside else None


def priority_came_first(account: Account) -> str | None:
    """Inside a quota, higher priority was admitted first."""
    high = [facts.admitted_at for facts in of(account, "product", "search") if facts.admitted_at]
    medium = [facts.admitted_at for facts in of(account, "product", "report") if facts.admitted_at]
    if not high or not medium or max(high) > max(medium):
        return "the last of product/search came after the last of product/report"
    return None


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
    """Both pools publish measured use."""
    missing = {"cpu", "gpu"} - set(account.measured)
    return f"no measured use of {sorted(missing)}" if missing else None


def advice_was_given(account: Account) -> str | None:
    """The analyzer wrote a recommendation with evidence and an exact patch."""
    good = [item for item in account.recommendations.values()
            if item["spec"].get("evidence") and item["spec"].get("action")]
    return None if good else "no recommendation with evidence and an action"


CLAIMS: tuple[tuple[str, Callable[[Account], str | None]], ...] = (
    ("every pod that can run has run", everything_ran),
    ("no quota held more than it may, and research borrowed from product", quotas_were_kept),
    ("the gang was admitted by one decision and started whole", gang_started_whole),
    ("the reservation's window was honoured and used by its holders alone", reservation_was_honored),
    ("higher priority was admitted first", priority_came_first),
    ("work that cannot run says why", waiting_was_explained),
    ("measured use of both pools is published", use_was_measured),
    ("the analyzer recommends a change, with evidence and a patch", advice_was_given),
)

__all__ = ["CLAIMS", "amount"]
