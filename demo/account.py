"""The live account: what the API says is happening, told as it happens.

It reads only what any user could read: pods, their annotations and conditions, and the status of
pools, quotas, the reservation and the recommendations.
"""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from berth_controlplane.api import MERGE_PATCH, ApiClient

import scenario

Object = dict[str, Any]

ADMITTED = "berth.dev/admitted"
EXPLAIN = "berth.dev/explain"
GATE = "berth.dev/admission"
WAITERS_SHOWN = 4
LINE_WIDTH = 112
# A change of a pool's measured use that is news, in percent of what it has.
USE_STEP_PERCENT = 5
BAR_CELLS = 25


def colour(text: str, code: str) -> str:
    """The text in a colour on a terminal, plain elsewhere."""
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


@dataclass
class PodFacts:
    """What was seen of one pod."""

    team: str
    name: str
    priority: int = 0
    created: str = ""
    seen_at: float = 0
    admitted_at: float | None = None
    bound_at: float | None = None
    scheduled: str = ""  # when, as the API says it
    gated: bool = True
    cpu: int = 0  # requested, in thousandths
    finished_at: float | None = None
    record: dict[str, Any] = field(default_factory=dict)
    explain: str = ""
    reasons_seen: set[str] = field(default_factory=set)

    @property
    def batch(self) -> str:
        """The pod's name without its number."""
        return self.name.rsplit("-", 1)[0]


class Account:
    """Watches by polling, tells the news of each round, and keeps the facts for the claims."""

    def __init__(self, kube: ApiClient, started: float) -> None:
        self._kube = kube
        self._started = started
        self.pods: dict[tuple[str, str], PodFacts] = {}
        self.most_used: Counter[tuple[str, str, str]] = Counter()
        self.most_held: Counter[tuple[str, str]] = Counter()  # by team and pool, in thousandths of a cpu
        self.half_a_gang = 0.0  # the longest that only some members of the gang had their gate, in seconds
        self.window = ("", "")
        self.honored = False
        self.accepted = False
        self.measured_percent: dict[str, list[float]] = {}
        self.recommendations: dict[str, Object] = {}
        self._half_since: float | None = None
        self._told: set[str] = set()
        self._use_told: dict[str, float] = {}

    def say(self, line: str, code: str = "0") -> None:
        """News with the seconds since the start: a word, and what follows below it if it is long."""
        word, _, rest = line.partition(" ")
        stamp = f"{time.monotonic() - self._started:6.1f} s  {word:<10}"
        lines = textwrap.wrap(rest.strip(), LINE_WIDTH - len(stamp)) or [""]
        for number, part in enumerate(lines):
            lead = stamp if number == 0 else " " * len(stamp)
            print(colour(lead + part, code), flush=True)

    def show(self, text: str) -> None:
        """What a command printed, set off from the news."""
        print("\n" + textwrap.indent(text.rstrip(), "    ") + "\n", flush=True)

    def say_once(self, line: str, code: str = "0") -> None:
        """A line that is news only the first time."""
        if line not in self._told:
            self._told.add(line)
            self.say(line, code)

    def look(self) -> None:
        """One round: read, compare with what is known, tell what is new."""
        self._look_at_pods()
        self._look_at_quotas()
        self._look_at_reservation()
        self._look_at_pools()
        self._look_at_recommendations()

    def pool_as_advised(self, recommendation: Object) -> Object:
        """The pool as it would be after the recommended patch; nothing is stored."""
        spec = recommendation["spec"]
        path = self._kube.path("berth.dev/v1alpha1/ResourcePool", name=spec["targetRef"]["name"])
        return self._kube.request("PATCH", path, json.loads(spec["action"]["patch"]),
                                  query={"dryRun": "All"}, content_type=MERGE_PATCH)

    def finished(self) -> int:
        """How many pods have ended."""
        return sum(1 for facts in self.pods.values() if facts.finished_at is not None)

    def _look_at_pods(self) -> None:
        admitted: Counter[tuple[str, str, str]] = Counter()
        now = time.monotonic()
        held: Counter[tuple[str, str]] = Counter()
        for team in (*scenario.TEAMS, scenario.STRANGERS):
            for item in self._kube.list("v1/Pod", team):
                facts = self._facts_of(item)
                if self._note_pod(facts, item, now):
                    admitted[(team, facts.batch, facts.record.get("pool", "?"))] += 1
                if facts.record and facts.finished_at is None:
                    held[(team, facts.record["pool"])] += facts.cpu
        for key, cpu in held.items():
            self.most_held[key] = max(self.most_held[key], cpu)
        self._look_at_gang()
        for (team, kind, pool), count in sorted(admitted.items()):
            priority = next(facts.priority for facts in self.pods.values()
                            if (facts.team, facts.batch) == (team, kind))
            gang = ", as a gang" if kind == scenario.GANG else ""
            self.say(f"admitted {count} x {team}/{kind} to pool {pool}{gang} (priority {priority})", "32")
        self._tell_waiting()

    def _look_at_gang(self) -> None:
        gated = {facts.gated for facts in self.pods.values() if facts.batch == scenario.GANG}
        if len(gated) <= 1:
            self._half_since = None
            return
        now = time.monotonic()
        self._half_since = self._half_since or now
        self.half_a_gang = max(self.half_a_gang, now - self._half_since)

    def _facts_of(self, item: Object) -> PodFacts:
        key = (item["metadata"]["namespace"], item["metadata"]["name"])
        if key not in self.pods:
            self.pods[key] = PodFacts(*key, priority=item["spec"].get("priority", 0),
                                      created=item["metadata"]["creationTimestamp"],
                                      seen_at=time.monotonic(), cpu=sum(
                                          amount(one["resources"].get("requests", {}).get("cpu", "0"))
                                          for one in item["spec"]["containers"]))
        return self.pods[key]

    def _note_pod(self, facts: PodFacts, item: Object, now: float) -> bool:
        """Takes over what is new; whether the pod was admitted since the last look."""
        annotations = item["metadata"].get("annotations", {})
        gated = any(gate["name"] == GATE for gate in item["spec"].get("schedulingGates", []))
        facts.gated = gated
        newly_admitted = facts.admitted_at is None and ADMITTED in annotations and not gated
        if newly_admitted:
            facts.admitted_at = now
            facts.record = json.loads(annotations[ADMITTED])
        facts.explain = annotations.get(EXPLAIN, "")
        if facts.explain:
            facts.reasons_seen.add(facts.explain.split(":")[0])
        if item["spec"].get("nodeName") and facts.bound_at is None:
            facts.bound_at = now
        for condition in item.get("status", {}).get("conditions", []):
            if condition["type"] == "PodScheduled" and condition["status"] == "True":
                facts.scheduled = condition["lastTransitionTime"]
        if item.get("status", {}).get("phase") == "Succeeded" and facts.finished_at is None:
            facts.finished_at = now
            # The simulated kubelet goes on reporting what ended pods were said to use.
            self._kube.patch("v1/Pod", facts.name, {"metadata": {"annotations": {
                "kwok.x-k8s.io/usage-cpu": "0", "kwok.x-k8s.io/usage-memory": "0"}}}, facts.team)
        return newly_admitted

    def _tell_waiting(self) -> None:
        told = 0
        for facts in self.pods.values():
            if facts.admitted_at is not None or not facts.explain or told >= WAITERS_SHOWN:
                continue
            what = f"{facts.team}/{facts.batch}: {facts.explain.partition(': ')[0]}"
            if what not in self._told:
                self._told.add(what)
                told += 1
                self.say(f"waits {facts.team}/{facts.batch}: {facts.explain}", "33")

    def _look_at_quotas(self) -> None:
        for quota in self._kube.list("berth.dev/v1alpha1/Quota"):
            for pool in quota.get("status", {}).get("pools", []):
                for resource in pool["resources"]:
                    key = (quota["metadata"]["name"], pool["pool"], resource["name"])
                    used = amount(resource.get("used", "0"))
                    self.most_used[key] = max(self.most_used[key], used)
                    if resource["name"] == "cpu" and amount(resource.get("borrowed", "0")) > 0:
                        self.say_once(f"borrows quota {key[0]}: more than its nominal "
                                      f"{resource['nominal']} cpu is in use", "36")

    def _look_at_reservation(self) -> None:
        found = self._kube.find("berth.dev/v1alpha1/Reservation", scenario.RESERVATION)
        if found and not self.window[0]:
            self.window = scenario.window_of(found)
        for condition in (found or {}).get("status", {}).get("conditions", []):
            if condition["type"] == "Accepted" and condition["status"] == "True":
                self.accepted = True
                self.say_once(f"promised reservation {scenario.RESERVATION} is accepted: "
                              f"it opens at {found['spec']['window']['start']}", "35")
            if condition["type"] == "Active" and condition["status"] == "True":
                self.say_once(f"promised reservation {scenario.RESERVATION}: its window is open", "35")
            if condition["type"] == "Honored":
                self.honored = condition["status"] == "True"
                self.say_once(f"promised reservation {scenario.RESERVATION}: {condition['reason']}: "
                              f"{condition['message']}", "35")

    def _look_at_pools(self) -> None:
        for pool in self._kube.list("berth.dev/v1alpha1/ResourcePool"):
            for resource in pool.get("status", {}).get("resources", []):
                if resource["name"] == "cpu" and "used" in resource and "allocatable" in resource:
                    self._note_use(pool["metadata"]["name"],
                                   100 * amount(resource["used"]) / amount(resource["allocatable"]))

    def _note_use(self, pool: str, percent: float) -> None:
        """Takes over what was measured; tells it if it differs much from what was told last."""
        self.measured_percent.setdefault(pool, []).append(percent)
        if abs(percent - self._use_told.get(pool, -100)) < USE_STEP_PERCENT:
            return
        self._use_told[pool] = percent
        filled = round(BAR_CELLS * percent / 100)
        bar = "#" * filled + "." * (BAR_CELLS - filled)
        self.say(f"measured pool {pool} [{bar}] {percent:.0f} % of its cpu in use", "36")

    def _look_at_recommendations(self) -> None:
        for item in self._kube.list("berth.dev/v1alpha1/ScalingRecommendation"):
            valid = next((condition for condition in item.get("status", {}).get("conditions", [])
                          if condition["type"] == "Valid"), None)
            if valid is None:
                continue  # its status is written next
            name, spec = item["metadata"]["name"], item["spec"]
            if valid["status"] != "True":
                self.say_once(f"advised {name}: {valid['reason']}: {valid['message']}", "36")
                continue
            self.recommendations[name] = item
            self.say_once(f"advised {spec['kind']} {spec['targetRef']['name']}: {valid['message']} "
                          f"({spec['confidencePercent']} % confident, "
                          f"{spec['evidence']['samples']} samples)", "1;36")


def amount(quantity: Any) -> int:
    """A quantity of cpu or counts in thousandths, for comparing."""
    text = str(quantity)
    if text.endswith("m"):
        return int(text[:-1])
    suffixes = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6}
    for suffix, factor in suffixes.items():
        if text.endswith(suffix):
            return int(float(text[:-len(suffix)]) * factor * 1000)
    return int(float(text) * 1000)
