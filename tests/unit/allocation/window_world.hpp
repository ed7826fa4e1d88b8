#pragma once
// The world of the tests of windows: a promise to one team beside work of another.

#include "tests/support/allocation/carry_out.hpp"

namespace berth::allocation::testing {

using Names = std::vector<std::string>;

/// Two nodes of 8 cores; all of one is promised to team-a for an hour from 13:00, with five minutes
/// of lead time.
inline World with_window(bool lends) {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  ReservationSpec spec = reservation("r", 8);
  spec.window = SingleWindow{kNow + 1h, 1h};
  spec.lead_time = 5min;
  spec.lend_idle = lends;
  world.add(spec);
  return world;
}

/// A pod of team-b that was created `second` seconds after the epoch of the tests.
inline PodView of_b(const std::string& name, std::int64_t cores, int second,
                    std::optional<Duration> limit = {}) {
  PodView view = pod(name).in("team-b").cpu(cores).created(second);
  view.duration_limit = limit;
  return view;
}

} // namespace berth::allocation::testing
