#pragma once
// The words that kube-scheduler and its extender exchange (k8s.io/kube-scheduler/extender/v1),
// as plain values. A node travels as its position in the request, so that an answer cannot name a
// node that was not asked for. decode.hpp reads requests, encode.hpp writes answers; nothing here
// knows JSON or decides anything.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/reason.hpp"

namespace berth::extender {

/// Longest body read, and most nodes in it: 100,000 names of 64 bytes and a pod fit well.
inline constexpr std::size_t kBodyBytesMax = std::size_t{8} << 20U;
inline constexpr std::size_t kNodesMax = 100'000;
/// Longest answer written; a refusal of every name of the longest body stays below.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{16} << 20U;
/// Most nodes that an answer names only to say that others are better: PreferredElsewhere in
/// filter, the lower ranks in prioritize. Decoding thousands would cost the scheduler more than all
/// the rest of the call, and a node in no list is to it just that: one that preemption cannot
/// improve, and one with score 0. A node that cannot take the pod always has its reason.
inline constexpr std::size_t kLessPreferredToldMax = 100;
/// Longest text of an Error field; it ends in events and logs of the scheduler.
inline constexpr std::size_t kErrorBytesMax = 1024;
/// Scores that the scheduler scales by: MinExtenderPriority, MaxExtenderPriority.
inline constexpr std::int64_t kScoreMin = 0;
inline constexpr std::int64_t kScoreMax = 10;

/// What is answered when Node objects come instead of names. With them the scheduler would also
/// score every returned node as if it were empty (kubernetes/kubernetes#141781).
inline constexpr std::string_view kWantsNames =
    "whole objects were sent instead of names: set nodeCacheCapable: true for this extender in the "
    "KubeSchedulerConfiguration";

/// The names of a request.
using Names = std::span<const std::string_view>;
/// Where a name stands in the request's list.
using Position = std::uint32_t;

/// A node that the pod must not use. Unresolvable: preempting there could not help, so the
/// scheduler does not try.
struct Refusal {
  Position position = 0;
  Reason reason = Reason::InternalError;
  bool unresolvable = false;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// What filter decides, for ExtenderFilterResult. Each name of the request is in exactly one of the
/// two lists, unless there is an error: then both are empty.
struct FilterResult {
  std::vector<Position> passed;
  std::vector<Refusal> refused;
  std::string error;

  friend bool operator==(const FilterResult&, const FilterResult&) = default;
};

/// One entry of a HostPriorityList, kScoreMin to kScoreMax.
struct HostScore {
  Position position = 0;
  std::int64_t score = 0;

  friend bool operator==(const HostScore&, const HostScore&) = default;
};

/// MetaVictims of one node: what the scheduler would preempt there. Views the request.
struct NodeVictims {
  std::string_view node;
  std::vector<std::string_view> uids;
  /// How many of them a PodDisruptionBudget protects; ranks candidates, fewest first.
  std::int64_t pdb_violations = 0;

  friend bool operator==(const NodeVictims&, const NodeVictims&) = default;
};

/// ExtenderPreemptionResult, always in the Meta form: the nodes left, victims as they came.
struct PreemptResult {
  std::vector<NodeVictims> nodes;

  friend bool operator==(const PreemptResult&, const PreemptResult&) = default;
};

/// ExtenderBindingArgs.
struct BindRequest {
  std::string pod_namespace;
  std::string pod_name;
  std::string pod_uid;
  std::string node;

  friend bool operator==(const BindRequest&, const BindRequest&) = default;
};

/// ExtenderBindingResult; an empty error means bound.
struct BindResult {
  std::string error;

  friend bool operator==(const BindResult&, const BindResult&) = default;
};

} // namespace berth::extender
