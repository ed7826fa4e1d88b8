// R2 for triggers: whatever is measured whenever, with gaps, late answers, restarts and a clock
// that is set, nothing opens early and nothing ends early.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "lib/allocation/pressure.hpp"
#include "lib/allocation/trigger.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1'790'000'000s};

struct Step {
  Duration after{};        ///< since the step before
  bool is_measured = true; ///< else nothing new is seen
  bool holds = false;
  bool calendar_agrees = true;
  Duration clock_set{}; ///< the operator's clock is set by so much, from this step on
};

std::vector<Step> any_steps(bool sets_clock = false) {
  return *rc::gen::container<std::vector<Step>>(rc::gen::exec([=] {
    Step step;
    // Mostly a steady rhythm, sometimes a gap.
    const int seconds = *rc::gen::weightedOneOf<int>(
        {{8, rc::gen::inRange(1, 60)}, {1, rc::gen::inRange(60, 900)}});
    step.after = std::chrono::seconds{seconds};
    step.is_measured = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
    step.holds = *rc::gen::weightedElement<bool>({{5, true}, {1, false}});
    step.calendar_agrees = *rc::gen::weightedElement<bool>({{5, true}, {1, false}});
    if (sets_clock && *rc::gen::inRange(0, 10) == 0)
      step.clock_set = std::chrono::seconds{*rc::gen::inRange(-7200, 7200)};
    return step;
  }));
}

TriggerRule any_rule() {
  return {std::chrono::seconds{*rc::gen::inRange(0, 300)},
          std::chrono::seconds{*rc::gen::inRange(60, 900)}};
}

/// Since when all measurements up to `last` hold with no gap between two of them.
TimePoint run_began(const std::vector<TriggerReading>& readings, std::size_t last) {
  TimePoint began = readings[last].at;
  for (std::size_t i = last;
       i-- > 0 && readings[i].holds && readings[i + 1].at - readings[i].at <= kMeasurementAgeMax;)
    began = readings[i].at;
  return began;
}

/// Plays the steps, and calls `look` after each with the state before and after it.
template <class Look>
void play(const TriggerRule& rule, const std::vector<Step>& steps, Look look) {
  std::vector<TriggerReading> readings;
  TriggerState state;
  TimePoint measured_by = kStart; ///< the clock of who measures
  TimePoint now = kStart;
  for (const Step& step : steps) {
    measured_by += step.after;
    now += step.after + step.clock_set;
    if (step.is_measured)
      readings.push_back({measured_by, step.holds});
    TriggerQuestion question;
    question.now = now;
    if (!readings.empty())
      question.reading = readings.back();
    if (step.calendar_agrees)
      question.opens_after = Duration{0};
    question.lasts_until = TimePoint::max();
    const TriggerState before = state;
    state = advance(rule, before, question);
    RC_ASSERT(advance(rule, state, question) == state);
    look(before, state, readings, now);
  }
}

} // namespace

TEST_CASE("R2: no reservation opens before its trigger has held for long enough") {
  CHECK(rc::check([] {
    const TriggerRule rule = any_rule();
    play(rule, any_steps(*rc::gen::arbitrary<bool>()),
         [&](const TriggerState& before, const TriggerState& after, const auto& readings,
             TimePoint now) {
           if (!after.opens_at || before.opens_at == after.opens_at)
             return;
           RC_ASSERT(*after.opens_at >= now);
           RC_ASSERT(readings.back().holds);
           const TimePoint began = run_began(readings, readings.size() - 1);
           RC_ASSERT(readings.back().at - began >= rule.hold_for);
         });
  }));
}

TEST_CASE(
    "R2: no reservation ends before its trigger has not held for as long as it stays active") {
  CHECK(rc::check([] {
    const TriggerRule rule = any_rule();
    play(rule, any_steps(),
         [&](const TriggerState& before, const TriggerState& after, const auto& readings,
             TimePoint now) {
           if (!before.opens_at || after.opens_at == before.opens_at)
             return;
           for (const TriggerReading& reading : readings)
             if (reading.holds && reading.at >= *before.opens_at && reading.at < now)
               RC_ASSERT(now - reading.at >= rule.active_for);
           RC_ASSERT(now - *before.opens_at >= rule.active_for);
         });
  }));
}

TEST_CASE("R2: a reservation ends in bounded time when nothing holds any more") {
  CHECK(rc::check([] {
    const TriggerRule rule = any_rule();
    const bool goes_blind = *rc::gen::arbitrary<bool>();
    std::vector<Step> steps(1, Step{1s, true, true, true});
    for (Duration held{0}; held <= rule.hold_for; held += 30s)
      steps.push_back({30s, true, true, true});
    const std::size_t active = steps.size();
    steps.insert(steps.end(), 60, Step{30s, !goes_blind, false, true});
    std::size_t at = 0;
    TimePoint went{};
    play(rule, steps,
         [&](const TriggerState&, const TriggerState& after, const auto&, TimePoint now) {
           if (++at == active) {
             RC_ASSERT(after.opens_at.has_value());
             went = now;
           }
           if (at > active && now - went > kMeasurementAgeMax + rule.active_for + 1min)
             RC_ASSERT(!after.opens_at.has_value());
         });
  }));
}
