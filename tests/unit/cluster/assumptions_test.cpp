#include <catch2/catch.hpp>

#include "lib/cluster/assumptions.hpp"

using namespace berth;
using namespace berth::cluster;
using namespace std::chrono_literals;
using allocation::AdmissionRecord;
using allocation::PodView;

namespace {

const PodUid kUid{"u1"};
const SteadyPoint kStart{};

PodView waiting() {
  PodView pod;
  pod.uid = kUid;
  pod.managed = true;
  pod.gated = true;
  return pod;
}

AdmissionRecord record(const char* decision) {
  AdmissionRecord made;
  made.decision = allocation::DecisionId{decision};
  made.quota = QuotaName{"q"};
  return made;
}

} // namespace

TEST_CASE("An assumed admission counts while the watch still shows the waiting pod") {
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  const PodView seen = assumptions.apply(waiting());
  CHECK(seen.admission == record("d1"));
  CHECK_FALSE(seen.gated);
  CHECK(assumptions.size() == 1);
}

TEST_CASE("P6, R4: work on lent capacity counts as told as soon as its admission is assumed") {
  Assumptions assumptions(60s);
  AdmissionRecord lent = record("d1");
  lent.lent_until = TimePoint{} + 1h;
  assumptions.assume_admitted(kUid, lent);
  CHECK(assumptions.apply(waiting()).revocable_after == lent.lent_until);
}

TEST_CASE("An assumption that the watch confirms is dropped") {
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  PodView confirmed = waiting();
  confirmed.admission = record("d1");
  confirmed.gated = false;
  CHECK(assumptions.apply(confirmed) == confirmed);
  CHECK(assumptions.size() == 0);
}

TEST_CASE("An older event of the pod does not undo an assumption (F7)") {
  Assumptions assumptions(60s);
  assumptions.assume_bound(kUid, NodeName{"n1"}, kStart);
  CHECK(assumptions.apply(waiting()).node == NodeName{"n1"});
  CHECK(assumptions.apply(waiting()).node == NodeName{"n1"});
}

TEST_CASE("A pod that is bound or over settles every assumption about it (L5)") {
  PodView settled = waiting();
  if (GENERATE(true, false))
    settled.node = NodeName{"elsewhere"};
  else
    settled.terminal = true;
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  assumptions.assume_bound(kUid, NodeName{"n1"}, kStart);
  CHECK(assumptions.apply(settled) == settled);
  CHECK(assumptions.size() == 0);
}

TEST_CASE("An assumption that is forgotten or runs out leaves nothing behind (F14)") {
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  CHECK(assumptions.forget(kUid));
  CHECK_FALSE(assumptions.forget(kUid));
  CHECK(assumptions.apply(waiting()) == waiting());

  assumptions.assume_bound(kUid, NodeName{"n1"}, kStart);
  CHECK(assumptions.take_expired(kStart + 59s).empty());
  CHECK(assumptions.take_expired(kStart + 60s) == std::vector<PodUid>{kUid});
  CHECK(assumptions.apply(waiting()) == waiting());
}

TEST_CASE(
    "An admission is believed until its write has ended, however long it waits for its turn") {
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  CHECK(assumptions.take_expired(kStart + 24h).empty());
  CHECK(assumptions.apply(waiting()).admission == record("d1"));

  assumptions.confirm_by(kUid, kStart + 25h);
  CHECK(assumptions.take_expired(kStart + 25h - 1s).empty());
  CHECK(assumptions.take_expired(kStart + 25h) == std::vector<PodUid>{kUid});
  CHECK(assumptions.apply(waiting()) == waiting());

  // There is nothing to confirm of a pod that nothing is assumed of.
  assumptions.confirm_by(kUid, kStart + 26h);
  CHECK(assumptions.size() == 0);
}

TEST_CASE("Another decision that the watch shows is the truth; an older plan of the same is not") {
  Assumptions assumptions(60s);
  AdmissionRecord replanned = record("d1");
  replanned.planned_nodes = {NodeName{"n2"}};
  PodView seen = waiting();
  seen.gated = false;
  seen.admission = record("d1");
  assumptions.assume_admitted(kUid, replanned);
  CHECK(assumptions.apply(seen).admission == replanned);
  seen.admission = record("d2");
  CHECK(assumptions.apply(seen) == seen);
  CHECK(assumptions.size() == 0);
}

TEST_CASE("P4: a pod whose eviction was accepted is being deleted before the watch shows it") {
  Assumptions assumptions(60s);
  PodView running = waiting();
  running.gated = false;
  running.node = NodeName{"n1"};
  assumptions.assume_evicted(kUid, kStart);
  CHECK(assumptions.apply(running).terminating);
  CHECK(assumptions.apply(running).node == NodeName{"n1"});
  SECTION("and the watch confirms it") {
    PodView going = running;
    going.terminating = true;
    CHECK(assumptions.apply(going) == going);
    CHECK(assumptions.size() == 0);
  }
  SECTION("or never shows it, and then it stays") {
    CHECK(assumptions.take_expired(kStart + 60s) == std::vector<PodUid>{kUid});
    CHECK(assumptions.apply(running) == running);
  }
}

TEST_CASE("P4: an admission that the watch has not shown yet stays assumed through an eviction") {
  Assumptions assumptions(60s);
  assumptions.assume_admitted(kUid, record("d1"));
  assumptions.assume_evicted(kUid, kStart);
  CHECK(assumptions.apply(waiting()).admission == record("d1"));
  CHECK(assumptions.apply(waiting()).terminating);
}
