#pragma once
// RandomLife: a small cluster in which users, kubelets and administrators do things at random while
// Berth decides. What laws about a course of time (L1, L5, G1, P6, X1) are checked on: each test
// looks at the cluster after every cycle with a book of its own.

#include <string>
#include <vector>

#include "tests/support/allocation/carry_out.hpp"
#include "tests/support/allocation/draw.hpp"

namespace berth::allocation::testing {

class RandomLife {
public:
  /// Two to four nodes; quotas a and b lend to each other, c is an orphan of a parent that does not
  /// exist, and namespace ns-d has no quota at all.
  RandomLife() {
    world = preempting_world(std::vector<std::int64_t>(static_cast<std::size_t>(2 + below(3)), 8));
    world.policy.preemption.notice = 60s;
    world.policy.preemption.min_runtime = 60s;
    world.add(quota("root").pool("p").cpu(0));
    for (const char* name : {"a", "b"})
      set_nominal(name, 2 + below(14));
    world.add(quota("c").under("nowhere").of("ns-c").pool("p").cpu(8));
  }

  /// One thing that happens while Berth is not looking.
  void happen() {
    switch (below(7)) {
    case 0:
    case 1:
    case 2: return submit();
    case 3:
      return with_one(is_running, [](PodView& pod) {
        pod.terminal = true;
        pod.succeeded = below(2) == 0;
      });
    case 4:
      return with_one([](const PodView& pod) { return !pod.terminating && !pod.terminal; },
                      [](PodView& pod) { pod.terminating = true; });
    case 5: remove_terminating(world); return;
    default: set_nominal(below(2) == 0 ? "a" : "b", below(16));
    }
  }

  /// Some things happen and up to two minutes pass.
  void live() {
    bind_admitted(world);
    for (int i = 0, count = 1 + below(4); i < count; ++i)
      happen();
    world.now += std::chrono::seconds{below(121)};
  }

  [[nodiscard]] static bool is_running(const PodView& pod) {
    return pod.is_bound() && !pod.terminal && !pod.terminating;
  }

  World world;

private:
  /// A pod, or a gang of up to three.
  void submit() {
    const std::string name = "w" + std::to_string(++submitted_);
    const int size = below(3) == 0 ? 2 + below(2) : 1;
    const std::string where = std::string("ns-") + "aaabbbcd"[below(8)];
    const int cores = 1 + below(4);
    const int priority = below(3);
    for (int member = 0; member < size; ++member) {
      PodBuilder pod_of_it = pod(size == 1 ? name : name + "-" + std::to_string(member));
      pod_of_it.in(where).cpu(cores).priority(priority).recreated();
      if (size > 1)
        pod_of_it.gang(name, size);
      PodView view = pod_of_it;
      view.created = world.now;
      view.preemptible = below(8) != 0;
      world.add(view);
    }
  }
  void with_one(const auto& condition, const auto& happens_to) {
    const std::vector<PodView> pods = pods_that(world, condition);
    if (!pods.empty())
      change(world, pods[static_cast<std::size_t>(below(static_cast<int>(pods.size())))].uid,
             happens_to);
  }
  void set_nominal(const std::string& name, int cores) { world.add(team(name, cores)); }

  int submitted_ = 0;
};

} // namespace berth::allocation::testing
