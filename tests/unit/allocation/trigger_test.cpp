#include <catch2/catch.hpp>

#include "lib/allocation/pressure.hpp"
#include "lib/allocation/trigger.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1'790'000'000s};
constexpr TriggerRule kRule{60s, 10min};

/// A trigger with its state, a clock and a calendar that agrees to open at once, for ever.
struct Trigger {
  TriggerRule rule = kRule;
  TriggerState state{};
  TimePoint now = kStart;
  std::optional<TriggerReading> newest{};
  std::optional<Duration> opens_after = Duration{0};
  std::optional<TimePoint> lasts_until = TimePoint::max();

  void look() { state = advance(rule, state, {newest, opens_after, now, lasts_until}); }
  /// A measurement is made now.
  void measure(bool holds) {
    newest = TriggerReading{now, holds};
    look();
  }
  void wait(Duration time) {
    now += time;
    look();
  }
  /// Measured every 15 seconds for so long.
  void measure_for(Duration time, bool holds) {
    for (const TimePoint until = now + time; now < until; now += 15s)
      measure(holds);
  }
  /// Open, and its trigger holds.
  static Trigger active() {
    Trigger trigger;
    trigger.measure_for(75s, true);
    REQUIRE(trigger.is_open());
    return trigger;
  }
  [[nodiscard]] bool is_open() const {
    return state.opens_at && *state.opens_at <= now && (!state.ends_at || now < *state.ends_at);
  }
};

} // namespace

TEST_CASE("R2: a trigger activates once it has held for as long as it has to") {
  Trigger trigger;
  trigger.measure(true);
  CHECK(trigger.state.holds_since == kStart);
  trigger.now += 59s;
  trigger.measure(true);
  CHECK_FALSE(trigger.state.opens_at);
  trigger.now += 1s;
  trigger.measure(true);
  CHECK(trigger.state.opens_at == kStart + 60s);
  CHECK_FALSE(trigger.state.ends_at);
}

TEST_CASE("R2: time that passes without a measurement proves nothing") {
  Trigger trigger;
  trigger.measure(true);
  trigger.wait(2min);
  CHECK(trigger.state.holds_since == kStart);
  CHECK_FALSE(trigger.state.opens_at);
}

TEST_CASE("R2: one measurement that does not hold begins the count anew") {
  Trigger trigger;
  trigger.measure_for(45s, true);
  trigger.measure(false);
  CHECK_FALSE(trigger.state.holds_since);
  trigger.now += 15s;
  trigger.measure_for(60s, true);
  CHECK_FALSE(trigger.state.opens_at);
  trigger.measure(true);
  CHECK(trigger.state.opens_at == trigger.now);
}

TEST_CASE("R2: a gap longer than a measurement speaks for begins the count anew") {
  Trigger trigger;
  trigger.rule.hold_for = 10min;
  trigger.measure(true);
  SECTION("the gap is seen") {
    trigger.wait(kMeasurementAgeMax);
    CHECK(trigger.state.holds_since == kStart);
    trigger.wait(1s);
    CHECK_FALSE(trigger.state.holds_since);
  }
  SECTION("the gap is found afterwards") {
    trigger.now += 11min;
    trigger.measure(true);
    CHECK(trigger.state.holds_since == trigger.now);
  }
  CHECK_FALSE(trigger.state.opens_at);
}

TEST_CASE("R2: an active one ends when its trigger has not held for as long as it stays active") {
  Trigger trigger = Trigger::active();
  trigger.measure(false);
  const TimePoint ends = trigger.now + 10min;
  CHECK(trigger.state.ends_at == ends);
  trigger.now = ends - 15s;
  trigger.measure(false); // again: that moves nothing
  CHECK(trigger.state.ends_at == ends);
  CHECK(trigger.is_open());
  trigger.wait(15s);
  CHECK_FALSE(trigger.state.opens_at);
  CHECK_FALSE(trigger.state.ends_at);
}

TEST_CASE("R2: a trigger that holds again before the end keeps its window") {
  Trigger trigger = Trigger::active();
  const auto opened = trigger.state.opens_at;
  trigger.measure(false);
  trigger.now += 9min;
  trigger.measure(true);
  CHECK(trigger.state.opens_at == opened);
  CHECK_FALSE(trigger.state.ends_at);
  trigger.now += 15s;
  trigger.measure(false);
  CHECK(trigger.state.ends_at == trigger.now + 10min);
}

TEST_CASE("R1, R2: an announced end is taken back as far as nobody else was promised the time") {
  Trigger trigger = Trigger::active();
  trigger.measure(false);
  const TimePoint announced = trigger.now + 10min;
  trigger.now += 5min;
  SECTION("for a while") {
    trigger.lasts_until = announced + 1h;
    trigger.measure(true);
    CHECK(trigger.state.ends_at == announced + 1h);
    trigger.now += 15s;
    SECTION("and for ever when the others give it up") {
      trigger.lasts_until = TimePoint::max();
      trigger.measure(true);
      CHECK_FALSE(trigger.state.ends_at);
    }
    SECTION("or until it has not held for as long as it stays active") {
      trigger.measure(false);
      CHECK(trigger.state.ends_at == trigger.now + 10min);
    }
  }
  SECTION("not at all") {
    trigger.lasts_until = announced;
    trigger.measure_for(4min, true);
    CHECK(trigger.state.ends_at == announced);
    CHECK(trigger.is_open());
    trigger.opens_after.reset(); // as the calendar says of a dormant one then
    trigger.now = announced;
    trigger.measure(true);
    CHECK_FALSE(trigger.state.opens_at);
    CHECK(trigger.state.holds_since);
  }
  SECTION("nor before the calendar was asked") {
    trigger.lasts_until.reset();
    trigger.measure(true);
    CHECK(trigger.state.ends_at == announced);
  }
}

TEST_CASE("R2: what flaps is not activated, and ends no window") {
  Trigger idle;
  Trigger active = Trigger::active();
  for (int i = 0; i < 100; ++i) {
    for (Trigger* trigger : {&idle, &active}) {
      trigger->now += 30s;
      trigger->measure(i % 2 == 0);
    }
    CHECK_FALSE(idle.state.opens_at);
    CHECK(active.is_open());
  }
}

TEST_CASE("R2: blindness neither starts nor extends, and is bounded") {
  Trigger trigger = Trigger::active();
  const TimePoint measured = *trigger.state.measured_at;
  SECTION("the measurement grows old") {
    trigger.wait(kMeasurementAgeMax + 1s);
  }
  SECTION("it goes away") {
    trigger.newest.reset();
    trigger.wait(1min);
    CHECK_FALSE(trigger.state.ends_at); // the last one still speaks
    trigger.wait(kMeasurementAgeMax);
  }
  REQUIRE(trigger.state.ends_at);
  CHECK(*trigger.state.ends_at <= measured + kTriggerRenewal + kMeasurementAgeMax + 10min);
  CHECK(*trigger.state.ends_at >= measured + 10min);
  CHECK(trigger.is_open());
  trigger.wait(10min);
  CHECK_FALSE(trigger.is_open());
}

TEST_CASE(
    "R2: the next leader goes on from the state, and a long outage ends what it could not see") {
  Trigger trigger;
  trigger.measure_for(45s, true);
  Trigger next;
  next.state = trigger.state;
  next.now = kStart + 60s;
  next.measure(true);
  CHECK(next.state.opens_at == kStart + 60s); // the first leader saw the beginning

  next.newest = TriggerReading{next.now + 1h, true};
  next.now += 1h;
  SECTION("it holds again: the window goes on") {
    next.look();
    CHECK(next.state.opens_at == kStart + 60s);
    CHECK(next.state.holds_since == next.now);
  }
  SECTION("it does not: it ended when it was last known to hold, and some time") {
    next.newest->holds = false;
    next.look();
    CHECK_FALSE(next.state.opens_at);
  }
}

TEST_CASE("R2: an older measurement than one that counted is no news") {
  Trigger trigger = Trigger::active();
  const TriggerState before = trigger.state;
  trigger.newest = TriggerReading{*trigger.state.measured_at - 30s, false};
  trigger.look();
  CHECK(trigger.state == before);
}

TEST_CASE("R2: measurements from far ahead of the clock are not believed") {
  Trigger trigger;
  trigger.newest = TriggerReading{kStart + kMeasurementAgeMax + 1s, true};
  trigger.look();
  CHECK(trigger.state == TriggerState{});
}

TEST_CASE("R2: a clock that is set back begins the count anew, and hangs nothing") {
  Trigger trigger;
  trigger.rule.hold_for = 10min;
  trigger.measure_for(5min, true);
  trigger.now -= 1h;
  trigger.measure(true);
  CHECK(trigger.state.holds_since == trigger.now);
  trigger.measure_for(615s, true);
  CHECK(trigger.state.opens_at);
}

TEST_CASE("R2: a jump of the clock counts as a gap") {
  Trigger trigger;
  trigger.measure(true);
  trigger.now += 1h;
  trigger.measure(true);
  CHECK_FALSE(trigger.state.opens_at);
}

TEST_CASE("R1: nothing is activated before the calendar agrees, and then after the lead time") {
  Trigger trigger;
  trigger.opens_after.reset();
  trigger.measure_for(5min, true);
  CHECK_FALSE(trigger.state.opens_at);
  trigger.opens_after = 6min;
  trigger.look();
  CHECK(trigger.state.opens_at == trigger.now + 6min);
}

TEST_CASE("R2: a second look changes nothing, and a steady trigger changes once a minute") {
  Trigger trigger = Trigger::active();
  int changes = 0;
  for (int i = 0; i < 40; ++i) { // ten minutes
    const TriggerState before = trigger.state;
    trigger.now += 15s;
    trigger.measure(true);
    changes += trigger.state == before ? 0 : 1;
    const TriggerState once = trigger.state;
    trigger.look();
    CHECK(trigger.state == once);
  }
  CHECK(changes == 10);
}

TEST_CASE("R2: a trigger says when time alone changes it") {
  Trigger trigger = Trigger::active();
  CHECK(next_change(trigger.state, trigger.newest, trigger.now) ==
        trigger.newest->at + kMeasurementAgeMax + 1ms);
  trigger.measure(false);
  trigger.rule.active_for = 1min;
  CHECK(next_change({}, std::nullopt, trigger.now) == TimePoint::max());
  trigger.wait(kMeasurementAgeMax + 1s);
  CHECK(next_change(trigger.state, trigger.newest, trigger.now) == trigger.state.ends_at);
}
