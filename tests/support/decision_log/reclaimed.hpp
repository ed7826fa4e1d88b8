#pragma once
// The log of a reclaim: "low" of team-a runs on four cores that team-b owns. "high" of team-b asks
// for them, low is told and evicted, high runs, and low, made again, waits. In between a
// reservation is refused.

#include "tests/support/decision_log/two_jobs.hpp"

namespace berth::decision_log::testing {

inline allocation::PodView arriving_at(const World& world, PodBuilder builder) {
  allocation::PodView view = builder;
  view.created = world.now;
  view.owner = "owner-of-" + view.name;
  view.is_recreated = true;
  return view;
}

inline void log_reclaim(const std::string& folder) {
  LogWriter writer(*open_folder(folder), {}, 1);
  World world;
  world.policy.preemption.enabled = true;
  world.policy.preemption.notice = 30s;
  world.policy.preemption.min_runtime = 0s;
  world.add_all(pool("p"), node("n1", 4), quota("root").pool("p").cpu(0), team("team-a", 0),
                team("team-b", 4));
  world.add(arriving_at(world, pod("low").in("ns-team-a").cpu(4)));
  log_step(world, writer);
  world.now += 100s;
  world.add(arriving_at(world, pod("high").in("ns-team-b").cpu(4)));
  allocation::ReservationSpec promised = reservation("night", 8);
  promised.created = world.now;
  promised.accepted = false;
  world.add(promised);
  for (const Duration step : {1s, 1s, 45s, 1s}) {
    log_step(world, writer);
    for (allocation::PodView gone : remove_terminating(world)) {
      gone.uid = PodUid{"uid-low-again"};
      gone.name = "low-again";
      gone.node = NodeName{};
      gone.admission.reset();
      gone.revocable_after.reset();
      gone.started.reset();
      gone.terminating = false;
      gone.gated = true;
      gone.created = world.now;
      world.add(gone);
    }
    world.now += step;
  }
  for (int i = 0; i < 3; ++i) {
    log_step(world, writer);
    world.now += 60s;
  }
}

} // namespace berth::decision_log::testing
