#pragma once
// The audit: who was granted what, from whom it was taken, and who was refused, with the reason and
// the numbers, in words that need no program to be read again. Entries are kept as they were told
// at the time; what a later version would decide does not change them. A thing is told when it
// begins, and not in each cycle for which it lasts; a whole picture tells anew what lasts, so that
// the log says it however much of the past has gone.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/reason.hpp"
#include "lib/decision_log/input_book.hpp"

namespace berth::decision_log {

enum class AuditVerb {
  Grant,  ///< a workload was admitted, or a reservation accepted
  Notice, ///< a workload was told that it has to go (P6)
  Take,   ///< it was evicted, has to be made again, or its gang was rolled back
  Refuse, ///< a workload waits, or a reservation was not accepted
};
[[nodiscard]] constexpr std::string_view word_of(AuditVerb verb) {
  using enum AuditVerb;
  switch (verb) {
  case Grant: return "Grant";
  case Notice: return "Notice";
  case Take: return "Take";
  case Refuse: return "Refuse";
  }
  return {};
}

struct AuditEntry {
  AuditVerb verb = AuditVerb::Grant;
  std::string workload{};       ///< its id: of a pod the UID; empty for a reservation
  std::string namespace_name{}; ///< empty for a reservation
  std::string name{};           ///< of the pod, the gang or the reservation
  std::string quota{};
  std::string pool{};
  resources::ResourceVector amounts{}; ///< of the whole workload
  std::vector<std::string> nodes{};    ///< those that were planned first
  Reason reason = Reason::Admitted;
  std::string why{}; ///< a sentence with the numbers
  /// Who takes: "NAMESPACE/NAME", or "reservation NAME"; of a grant the reservation it stands in.
  std::string by{};
  std::vector<std::string> rules{}; ///< of the pool's policy, that were for it
  Duration waited{};                ///< since it was created; of grants and refusals

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// Knows what was told last.
class AuditBook {
public:
  /// What is new in the cycle: grants, then what is taken, then refusals, each in the plan's order.
  [[nodiscard]] std::vector<AuditEntry> note(const Cycle& cycle);

private:
  std::shared_ptr<const allocation::Plan> last_;
};

} // namespace berth::decision_log
