#pragma once
// The words of the core's enumerations in the log. A switch without a default: an enumerator that
// is added and not named here does not compile.

#include <optional>
#include <string_view>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::decision_log {

constexpr std::string_view word_of(allocation::TaintEffect effect) {
  using enum allocation::TaintEffect;
  switch (effect) {
  case NoSchedule: return "NoSchedule";
  case PreferNoSchedule: return "PreferNoSchedule";
  case NoExecute: return "NoExecute";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Toleration::Operator op) {
  using enum allocation::Toleration::Operator;
  switch (op) {
  case Equal: return "Equal";
  case Exists: return "Exists";
  }
  return {};
}

constexpr std::string_view word_of(allocation::SelectorOperator op) {
  using enum allocation::SelectorOperator;
  switch (op) {
  case In: return "In";
  case NotIn: return "NotIn";
  case Exists: return "Exists";
  case DoesNotExist: return "DoesNotExist";
  case Gt: return "Gt";
  case Lt: return "Lt";
  }
  return {};
}

constexpr std::string_view word_of(allocation::NodePreference::Order order) {
  using enum allocation::NodePreference::Order;
  switch (order) {
  case Listed: return "Listed";
  case Ascending: return "Ascending";
  case Descending: return "Descending";
  }
  return {};
}

constexpr std::string_view word_of(allocation::PlacementMode mode) {
  using enum allocation::PlacementMode;
  switch (mode) {
  case Extender: return "Extender";
  case Candidates: return "Candidates";
  case Nominate: return "Nominate";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Spot spot) {
  using enum allocation::Spot;
  switch (spot) {
  case Allow: return "Allow";
  case Forbid: return "Forbid";
  case Prefer: return "Prefer";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Ordering ordering) {
  using enum allocation::Ordering;
  switch (ordering) {
  case PriorityThenFairShare: return "PriorityThenFairShare";
  case FairShareThenPriority: return "FairShareThenPriority";
  case Fifo: return "Fifo";
  case StrictFifo: return "StrictFifo";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Overrun overrun) {
  using enum allocation::Overrun;
  switch (overrun) {
  case Evict: return "Evict";
  case Warn: return "Warn";
  case Allow: return "Allow";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Stop stop) {
  using enum allocation::Stop;
  switch (stop) {
  case None: return "None";
  case Hold: return "Hold";
  case HoldAndDrain: return "HoldAndDrain";
  }
  return {};
}

constexpr std::string_view word_of(allocation::WithinQuota within) {
  using enum allocation::WithinQuota;
  switch (within) {
  case Never: return "Never";
  case LowerPriority: return "LowerPriority";
  }
  return {};
}

constexpr std::string_view word_of(allocation::Reclaim reclaim) {
  using enum allocation::Reclaim;
  switch (reclaim) {
  case Never: return "Never";
  case LowerPriority: return "LowerPriority";
  case Any: return "Any";
  }
  return {};
}

constexpr std::string_view word_of(allocation::BreakerState state) {
  using enum allocation::BreakerState;
  switch (state) {
  case Closed: return "Closed";
  case Open: return "Open";
  case HalfOpen: return "HalfOpen";
  }
  return {};
}

inline std::string_view word_of(allocation::Strategy strategy) {
  return to_string(strategy);
}
inline std::string_view word_of(allocation::Claim claim) {
  return to_string(claim);
}
inline std::string_view word_of(allocation::EvictionStep step) {
  return to_string(step);
}
inline std::string_view word_of(allocation::PressureLevel level) {
  return to_string(level);
}
inline std::string_view word_of(allocation::DegradationStep step) {
  return to_string(step);
}
inline std::string_view word_of(Reason reason) {
  return to_string(reason);
}

inline std::optional<Reason> from_word(std::string_view word, Reason) {
  return reason_from(word);
}
inline std::optional<allocation::Strategy> from_word(std::string_view word, allocation::Strategy) {
  return allocation::strategy_from(word);
}
/// The enumerator of that word; those that have no other way back count from 0, few of them.
template <class Enum>
constexpr std::optional<Enum> from_word(std::string_view word, Enum) {
  constexpr int kEnumeratorsMax = 16;
  for (int i = 0; i < kEnumeratorsMax; ++i)
    if (!word.empty() && word_of(static_cast<Enum>(i)) == word)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace berth::decision_log
