#pragma once
// Numbers of rapidcheck's choice, for properties that build their worlds step by step.

#include <rapidcheck.h>

namespace berth::allocation::testing {

/// From 0 to bound - 1.
inline int below(int bound) {
  return *rc::gen::inRange(0, bound);
}

} // namespace berth::allocation::testing
