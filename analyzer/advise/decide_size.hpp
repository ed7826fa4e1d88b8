#pragma once
// decide_size(): whether a target should have another number of units, and what becomes of what was
// said about that before. The same for pools and for workloads. Pure.

#include <map>
#include <string>

#include "analyzer/advise/plan.hpp"

namespace berth::analyzer {

struct SizeQuestion {
  const SizedTarget& target;
  std::vector<Judged> judged{}; ///< of the resources that the target has
  AdviceOptions advice{};
  /// About the size of this target, standing and ended.
  const std::vector<RecommendationPtr>& known;
  const Learned& learned;   ///< for Adaptive; empty otherwise
  double trust_to_grow = 1; ///< by what became of such advice before, 0..1
  double trust_to_shrink = 1;
  /// What the use of a resource does as a rule, in words; empty: nothing.
  std::map<resources::ResourceName, std::string> habits{};
  std::string room{}; ///< what the operator has left to grow into, in words; empty: not its work
};

/// The recommendation that what is measured now asks for; nothing where it asks for none, or is not
/// known.
std::optional<api::ObjectKey> decide_size(Plan& plan, const SizeQuestion& question,
                                          const AdvisorOptions& options, TimePoint now);

} // namespace berth::analyzer
