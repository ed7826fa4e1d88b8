#pragma once
// The world of the tests of pressure: a pool that is used too much, and who gives way in it.

#include "tests/support/allocation/carry_out.hpp"

namespace berth::allocation::testing {

using Names = std::vector<std::string>;

/// 20 cores of which quota "a" owns 4 and "root", whom nobody works for, the rest.
inline World lending_world() {
  World world = preempting_world({20});
  world.policy.preemption.notice = 60s;
  world.add_all(quota("root").pool("p").cpu(16), team("a", 4));
  return world;
}

inline Names shed_names(const Plan& plan) {
  Names names;
  for (const Shedding& shedding : plan.sheddings)
    names.push_back(shedding.pod->name);
  return names;
}

/// Runs on the burst budget of quota "a".
inline PodBuilder burst(const std::string& name) {
  AdmissionRecord paid = record("a", "p", {"n1"});
  paid.is_burst = true;
  return running(name, "a", "n1").admitted(paid);
}

} // namespace berth::allocation::testing
