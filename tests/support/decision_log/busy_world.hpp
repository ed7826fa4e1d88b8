#pragma once
// BusyWorld: a small cluster in which everything happens that a decision depends on: quotas that
// borrow and burst, gangs, priorities, preemption, reservations, rates, failures; one random event
// at a time. What it decided can be given to a LogWriter.

#include <string>

#include "lib/base/rng.hpp"
#include "lib/decision_log/input_book.hpp"
#include "tests/support/allocation/carry_out.hpp"

namespace berth::decision_log::testing {

using namespace allocation::testing;

class BusyWorld {
public:
  explicit BusyWorld(std::uint64_t seed) : rng_(seed) {
    world_.policy.preemption.enabled = true;
    world_.policy.preemption.notice = 30s;
    world_.policy.preemption.min_runtime = 0s;
    world_.add(pool("p"));
    world_.state.upsert_namespace({"ns-a", {{"tier", "gold"}}});
    for (int i = 0; i < 4; ++i)
      world_.add(node("n" + std::to_string(i), 8));
    world_.add(quota("root").pool("p").cpu(0));
    world_.add(team("a", 12).bursts({150, 1h, 24h, 5min}));
    world_.add(team("b", 12).weight(2).rate(60, 5));
    allocation::SubjectLimits limits;
    limits.concurrent = 6;
    world_.add(team("c", 8).per_subject(limits));
    allocation::NamespaceQuota hard{"ns-c", "compute", {{"cpu", 9000}}};
    world_.add(hard);
  }

  /// Some events, one cycle, and what the operator makes of it.
  Cycle step() {
    for (std::uint64_t events = 1 + rng_.below(3); events > 0; --events)
      happen();
    Cycle cycle;
    cycle.snapshot = world_.snapshot();
    cycle.policy = world_.policy;
    cycle.now = world_.now;
    cycle.seed = 1;
    const auto plan = std::make_shared<const allocation::Plan>(world_.step());
    cycle.plan = plan;
    carry_out(world_, plan->preemption);
    bind_admitted(world_);
    remove_terminating(world_);
    world_.now += std::chrono::seconds{1 + rng_.below(90)};
    return cycle;
  }

  [[nodiscard]] World& world() { return world_; }

private:
  [[nodiscard]] std::string any_quota() {
    return std::string(1, static_cast<char>('a' + rng_.below(3)));
  }

  void arrive() {
    const std::string name = "w" + std::to_string(++arrived_);
    const int members = rng_.below(4) == 0 ? 3 : 1;
    const std::string quota = any_quota();
    const auto cores = static_cast<std::int64_t>(1 + rng_.below(4));
    for (int i = 0; i < members; ++i) {
      PodBuilder made = pod(name + "-" + std::to_string(i));
      made.in("ns-" + quota).cpu(cores).priority(static_cast<int>(rng_.below(3)));
      if (members > 1)
        made.gang(name, members);
      allocation::PodView view = made;
      view.created = world_.now;
      view.owner = "owner-of-" + name;
      if (rng_.below(2) == 0)
        view.duration_limit = std::chrono::minutes{1 + rng_.below(20)};
      world_.add(view);
    }
  }

  void leave() {
    const auto bound =
        pods_that(world_, [](const allocation::PodView& pod) { return pod.is_bound(); });
    if (!bound.empty())
      world_.state.remove_pod(bound[rng_.below(bound.size())].uid);
  }

  void happen() {
    switch (rng_.below(8)) {
    case 0: leave(); break;
    case 1: {
      allocation::NodeView changed = node("n" + std::to_string(rng_.below(4)), 8);
      changed.unschedulable = rng_.below(3) == 0;
      world_.add(changed);
      break;
    }
    case 2:
      world_.policy.failures = {{"ns-a/default", world_.now - 1s}};
      world_.policy.measured = {
          {PoolName{"p"},
           {world_.now, {{"cpu", static_cast<std::int64_t>(rng_.below(100))}}, {{"cpu", 100}}}}};
      break;
    case 3: {
      allocation::ReservationSpec promised = reservation("r" + std::to_string(rng_.below(2)), 2);
      promised.window = allocation::SingleWindow{world_.now + 10min, 20min};
      promised.lend_idle = true;
      promised.accepted = false;
      world_.add(promised);
      break;
    }
    default: arrive(); break;
    }
  }

  Rng rng_;
  World world_;
  int arrived_ = 0;
};

} // namespace berth::decision_log::testing
