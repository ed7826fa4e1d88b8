#pragma once
// VerbScratch: what filter and prioritize keep between calls, so that a call with thousands of
// names allocates nothing for them. One per thread; an answer lies in it until its next use.

#include <vector>

#include "lib/allocation/placement.hpp"
#include "scheduler-extender/promises.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

struct VerbScratch {
  allocation::PlacementScratch placement;
  PromiseScratch promises;
  std::vector<allocation::NodeIndex> nodes; ///< by position
  FilterResult filtered;
  std::vector<bool> answered; ///< by position
  std::vector<HostScore> scores;
};

} // namespace berth::extender
