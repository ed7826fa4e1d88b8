// What holds of advice on size, whatever is measured: the bounds, what is still to come, and what
// is not known.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "analyzer/model/thresholds.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// Of a resource, known or not, of some of the target's units.
Judged any_judged(TargetSize size) {
  Judged judged;
  judged.outlook.metrics =
      *rc::gen::element(Reason::MetricsAvailable, Reason::MetricsAvailable, Reason::MetricsStale);
  judged.outlook.capacity = 1000;
  judged.outlook.use_now = *rc::gen::inRange(0, 2000);
  judged.outlook.peak_p95 = judged.outlook.use_now;
  judged.outlook.coverage = *rc::gen::element(0.5, 1.0);
  judged.outlook.completeness = 1;
  judged.outlook.samples = 60;
  judged.asks_for_more = *rc::gen::arbitrary<bool>();
  if (!size.is_settled)
    judged.units = *rc::gen::inRange(1, size.units + 1);
  return judged;
}

} // namespace

TEST_CASE(
    "advice stays in its bounds, changes something, and shrinks nothing that is not settled") {
  CHECK(rc::check([] {
    TargetSize size;
    size.units = *rc::gen::inRange(1, 50);
    size.units_min = *rc::gen::inRange(1, 50);
    size.units_max = *rc::gen::inRange(size.units_min, 60);
    size.is_settled = *rc::gen::arbitrary<bool>();
    const auto count = *rc::gen::inRange<std::size_t>(1, 4);
    std::vector<Judged> judged;
    for (std::size_t i = 0; i < count; ++i)
      judged.push_back(any_judged(size));
    AdviceState state;
    state.advice = *rc::gen::element(Advice::None, Advice::Grow, Advice::Shrink);
    state.changed = kNow - std::chrono::minutes{*rc::gen::inRange(0, 20)};
    const SizeAdvice advice = advise(judged, size, state, {}, kNow);
    if (!advice.known) {
      RC_ASSERT(advice.state == state);
      return;
    }
    if (advice.state.advice == Advice::Grow) {
      RC_ASSERT(advice.units > size.units);
      RC_ASSERT(advice.units <= size.units_max);
    }
    if (advice.state.advice == Advice::Shrink) {
      RC_ASSERT(size.is_settled);
      RC_ASSERT(advice.units < size.units);
      RC_ASSERT(advice.units >= size.units_min);
      for (const Judged& one : judged)
        RC_ASSERT(one.outlook.metrics == Reason::MetricsAvailable);
    }
  }));
}

} // namespace berth::analyzer
