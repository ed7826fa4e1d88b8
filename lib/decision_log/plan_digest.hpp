#pragma once
// What a plan comes to: one digest of each of its parts, so that a difference can be named, and of
// all of them. The decision as the log keeps it: the digests, and in words who was admitted and who
// has to go. Why the others wait follows from the inputs, by deciding again.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/decision_log/digest.hpp"

namespace berth::decision_log {

struct AdmittedWork {
  std::string workload{};
  std::string quota{};
  std::string pool{};
  std::vector<std::string> nodes{}; ///< of each member the one that is charged

  friend bool operator==(const AdmittedWork&, const AdmittedWork&) = default;
};

struct EvictedWork {
  std::string victim{};
  std::string preemptor{}; ///< or a reservation; empty: it has to go whoever asks
  std::string step{};      ///< Notice or Evict
  std::string reason{};

  friend bool operator==(const EvictedWork&, const EvictedWork&) = default;
};

struct LoggedDecision {
  std::string digest{};                                     ///< of the whole plan
  std::vector<std::pair<std::string, std::string>> parts{}; ///< name and digest
  std::vector<AdmittedWork> admitted{};
  std::vector<EvictedWork> evicted{};
  std::uint64_t waiting = 0; ///< workloads

  friend bool operator==(const LoggedDecision&, const LoggedDecision&) = default;
};

/// The plan's decision, and the digest of the memory that it gives to the next cycle.
struct PlanDigest {
  LoggedDecision decision{};
  Digest memory{};
};
[[nodiscard]] PlanDigest digest_plan(const allocation::Plan& plan);

/// The names of the parts in which two decisions differ, in their order.
[[nodiscard]] std::vector<std::string> differing_parts(const LoggedDecision& left,
                                                       const LoggedDecision& right);

} // namespace berth::decision_log
