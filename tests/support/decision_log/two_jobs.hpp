#pragma once
// The log of an afternoon: quota team-a has two of the pool's eight cores. "first" takes both for
// ten minutes, "second" waits for them, and is done five minutes later.

#include <string>

#include "lib/decision_log/log_writer.hpp"
#include "tests/support/allocation/carry_out.hpp"

namespace berth::decision_log::testing {

using namespace allocation::testing;

/// Decides once and keeps the cycle; what is admitted is bound.
inline void log_step(World& world, LogWriter& writer) {
  Cycle cycle;
  cycle.snapshot = world.snapshot();
  cycle.policy = world.policy;
  cycle.now = world.now;
  cycle.seed = 1;
  cycle.plan = std::make_shared<const allocation::Plan>(world.step());
  carry_out(world, cycle.plan->preemption);
  bind_admitted(world);
  static_cast<void>(writer.append(cycle));
}

inline void end_pod(World& world, const std::string& name) {
  change(world, PodUid{"uid-" + name}, [](allocation::PodView& pod) { pod.terminal = true; });
}

inline void log_two_jobs(const std::string& folder) {
  LogWriter writer(*open_folder(folder), {}, 1);
  World world;
  world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(2));
  for (const char* name : {"first", "second"}) {
    allocation::PodView arriving = pod(name).cpu(2);
    arriving.created = world.now;
    world.add(arriving);
    log_step(world, writer);
    world.now += 1s;
  }
  world.now = kNow + 10min;
  end_pod(world, "first");
  log_step(world, writer);
  world.now += 5min;
  end_pod(world, "second");
  log_step(world, writer);
}

} // namespace berth::decision_log::testing
