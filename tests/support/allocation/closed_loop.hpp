#pragma once
// ClosedLoop: plays cycle after cycle on a World whose controllers make evicted pods again, and
// counts who was evicted how often: what a preemption loop looks like from outside.

#include <map>
#include <string>

#include "tests/support/allocation/carry_out.hpp"

namespace berth::allocation::testing {

struct ClosedLoop {
  World& world;
  std::map<std::string, int> evictions{}; ///< by the name of the first incarnation
  std::map<std::string, int> admissions{};
  int quiet_rounds = 0; ///< rounds in a row without a step of preemption or an admission
  int incarnations = 0;

  /// One cycle, one minute, and everything that was evicted is gone and waits again.
  void round() {
    const Plan plan = play(world);
    for (const Admission& admission : plan.admissions)
      for (const MemberAdmission& member : admission.members)
        ++admissions[first_name(member.pod->name)];
    for (const std::string& name : names_due(plan, EvictionStep::Evict))
      ++evictions[first_name(name)];
    quiet_rounds = plan.admissions.empty() && plan.preemption.empty() ? quiet_rounds + 1 : 0;
    bind_admitted(world);
    for (PodView& pod : remove_terminating(world))
      make_again(std::move(pod));
    world.now += 60s;
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i)
      round();
  }
  [[nodiscard]] int evicted_in_all() const {
    int sum = 0;
    for (const auto& [name, count] : evictions)
      sum += count;
    return sum;
  }

private:
  /// "b1-7" was "b1" at first.
  static std::string first_name(const std::string& name) { return name.substr(0, name.find('-')); }
  void make_again(PodView pod) {
    const std::string name = first_name(pod.name) + "-" + std::to_string(++incarnations);
    pod.name = name;
    pod.uid = PodUid{"uid-" + name};
    pod.node = NodeName{};
    pod.admission.reset();
    pod.nomination.reset();
    pod.revocable_after.reset();
    pod.started.reset();
    pod.terminating = false;
    pod.gated = true;
    pod.created = world.now;
    world.add(pod);
  }
};

/// A pod of a controller of its own, which makes it again.
inline PodView owned(PodView pod) {
  pod.owner = "owner-of-" + pod.name;
  return pod;
}

} // namespace berth::allocation::testing
