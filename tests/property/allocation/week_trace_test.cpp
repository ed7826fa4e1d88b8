// A week of mixed work, and one in which quotas lend and take back.

#include <catch2/catch.hpp>

#include "tests/property/allocation/week.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr std::uint64_t kSeed = 20261121;

void live(Week& week, int days) {
  for (int minute = 0; minute < days * 24 * 60; ++minute)
    week.minute();
  week.report();
}

/// F4's bound here: the longest that work may run (610 min, and a fifth more where that is only
/// estimated), then both windows of a day and the longest failure of a node, and its notice.
constexpr Duration kStarvedMax = 610min * 12 / 10 + 2h + 3h + 80min + 1min;

void check_bounds(const Week& week) {
  const std::int64_t ratio = week.preemption().max_eviction_ratio_percent;
  CHECK(week.bounds.evicted * 100 <= ratio * week.bounds.requested);
  CHECK(week.bounds.over_ratio == 0);
  CHECK(week.bounds.too_young == 0);
  CHECK(week.bounds.too_often == 0);
  CHECK(week.bounds.longest_with_room <= kStarvedMax);
}

} // namespace

TEST_CASE(
    "R3, B1, B3, L3: a week of mixed work keeps its windows, its planned starts and its ledger") {
  Week week(kSeed, Reclaim::Never);
  live(week, 7);
  CHECK(week.windows >= 11);
  CHECK(week.honored == week.windows);
  CHECK(week.delayed == 0);
  CHECK(week.drift == 0);
  REQUIRE(week.told >= 200);
  CHECK(week.within * 100 >= 87 * week.told);
  CHECK(week.within * 100 <= 93 * week.told);
  check_bounds(week);
}

TEST_CASE("P4, F4: a week in which quotas take back what they lent evicts within its bounds, and "
          "starves nobody that has room of its own") {
  Week week(kSeed, Reclaim::Any);
  live(week, 7);
  REQUIRE(week.bounds.victims >= 20);
  check_bounds(week);
  CHECK(week.honored == week.windows);
  CHECK(week.drift == 0);
}
