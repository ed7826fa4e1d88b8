#pragma once
// Two teams that lend each other what they do not use, on one node.

#include <string>

#include "tests/support/allocation/carry_out.hpp"

namespace berth::allocation::testing {

/// Two teams of four cores each on one node; b holds all eight.
inline World borrowed_world() {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 4),
                running("b1", "b", "n1").cpu(4).created(0),
                running("b2", "b", "n1").cpu(4).created(10));
  return world;
}

inline PodBuilder waiting(const std::string& name, const std::string& quota) {
  return pod(name).in("ns-" + quota);
}

} // namespace berth::allocation::testing
