#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const QuotaName kQuota{"a"};
const PoolName kPool{"p"};

} // namespace

TEST_CASE("P4: each reclaim in a row doubles the back-off, up to an hour; quiet resets it") {
  EvictionHistory history;
  CHECK(history.may_borrow_from(kQuota, kPool) == TimePoint::min());
  TimePoint now = kNow;
  for (const Duration expected : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    history.note_reclaim(kQuota, kPool, now);
    CHECK(history.may_borrow_from(kQuota, kPool) == now + expected);
    now = history.may_borrow_from(kQuota, kPool) + 599s;
  }
  history.note_reclaim(kQuota, kPool, now + 3600s + 1s);
  CHECK(history.may_borrow_from(kQuota, kPool) == now + 3600s + 61s);
  CHECK(history.may_borrow_from(kQuota, PoolName{"other"}) == TimePoint::min());
}

TEST_CASE("P4: evictions are counted for an hour") {
  EvictionHistory history;
  const EvictionKey key{"owner"};
  history.note_eviction(QuotaName{"q"}, key, kNow);
  history.note_eviction(QuotaName{"q"}, key, kNow + 30min);
  CHECK(history.evictions(key, kNow + 30min) == 2);
  CHECK(history.evictions(key, kNow + 1h) == 1);
  CHECK(history.evictions(key, kNow + 90min) == 0);
}

TEST_CASE(
    "P4: the same plan is not tried twice in one life of a preemptor, and not more than eight") {
  EvictionHistory history;
  const PreemptorKey first{WorkloadId{"w"}, kNow};
  history.note_failed_plan(first, {EvictionKey{"x"}}, kNow);
  CHECK(history.is_tried(first, {EvictionKey{"x"}}));
  CHECK_FALSE(history.is_tried(first, {EvictionKey{"x"}, EvictionKey{"y"}}));
  CHECK_FALSE(history.is_tried({WorkloadId{"w"}, kNow + 1s}, {EvictionKey{"x"}}));
  for (int i = 0; i < 7; ++i)
    history.note_failed_plan(first, {EvictionKey{std::to_string(i)}}, kNow);
  CHECK(history.is_tried(first, {EvictionKey{"never seen"}}));
}

TEST_CASE("P5: a refused victim is left alone for five minutes") {
  EvictionHistory history;
  history.note_refusal(PodUid{"v"}, kNow);
  CHECK(history.is_refused(PodUid{"v"}, kNow + 299s));
  CHECK_FALSE(history.is_refused(PodUid{"v"}, kNow + 300s));
}

TEST_CASE("pods that a controller makes again are one victim to the history, gangs are too") {
  PodView replica = pod("r1").cpu(1);
  replica.owner = "uid-of-the-replica-set";
  CHECK(eviction_key(replica) == EvictionKey{"uid-of-the-replica-set"});
  CHECK(eviction_key(pod("g1").gang("g", 2)) == EvictionKey{"team-a/g"});
  CHECK(eviction_key(pod("alone")) == EvictionKey{"uid-alone"});
}

TEST_CASE(
    "P4: a leader that recalls what was told of each quota goes on counting where the last was") {
  EvictionHistory history;
  const EvictionKey job{"job"};
  history.note_eviction(QuotaName{"a"}, job, kNow - 59min - 500ms);
  history.note_eviction(QuotaName{"a"}, job, kNow + 300ms);
  history.note_eviction(QuotaName{"b"}, EvictionKey{"old"}, kNow - 2h);
  history.note_reclaim(kQuota, kPool, kNow + 300ms);
  const auto told = history.by_quota(kNow + 1s);
  REQUIRE(told.size() == 1); // what is two hours old matters no more
  EvictionHistory next;
  for (const auto& [quota, of_quota] : told)
    next.recall(quota, of_quota);
  CHECK(next.evictions(job, kNow + 1s) == 2);
  CHECK(next.evictions(job, kNow + 1min) == 1);
  CHECK(next.may_borrow_from(kQuota, kPool) == kNow + 61s); // never earlier than it was
  next.note_reclaim(kQuota, kPool, kNow + 2min);
  CHECK(next.may_borrow_from(kQuota, kPool) == kNow + 4min);
  CHECK(next.by_quota(kNow + 1s).at(kQuota).evictions == told.at(kQuota).evictions);
}

TEST_CASE("P4: of a quota with many evictions the newest are told") {
  EvictionHistory history;
  for (int i = 0; i < 600; ++i)
    history.note_eviction(kQuota, EvictionKey{std::to_string(i)}, kNow + i * 1s);
  const auto told = history.by_quota(kNow + 600s).at(kQuota).evictions;
  REQUIRE(told.size() == EvictionHistory::kToldMax);
  CHECK(told.front() == std::pair{kNow + 100s, EvictionKey{"100"}});
  CHECK(told.back() == std::pair{kNow + 599s, EvictionKey{"599"}});
}

TEST_CASE("a history that is pruned long after is empty") {
  EvictionHistory history;
  history.note_eviction(QuotaName{"q"}, EvictionKey{"x"}, kNow);
  history.note_reclaim(kQuota, kPool, kNow);
  history.note_refusal(PodUid{"v"}, kNow);
  history.note_failed_plan({WorkloadId{"w"}, kNow}, {}, kNow);
  history.prune(kNow + 1min);
  CHECK_FALSE(history.empty());
  history.prune(kNow + 2h);
  CHECK(history.empty());
}
