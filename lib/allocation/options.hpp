#pragma once
// Where a workload may go at all: its quota's pools in their order of preference, and before them
// the open reservations that its subject may use. Or the reason why it may go nowhere, whatever
// room there is.

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/headroom.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// A reason that has nothing to do with room.
struct Refusal {
  Reason reason = Reason::QuotaNotFound;
  std::string message{};
};

/// N1: whether the pool takes nothing new that the payer is charged for: PoolStopped, or
/// PoolNotAllowed where it is no tenant.
[[nodiscard]] std::optional<Refusal> closed_to(const PoolSpec& pool, const QuotaForest& forest,
                                               QuotaIndex payer);

class OptionFinder {
public:
  /// All must outlive the finder.
  OptionFinder(const ClusterSnapshot& snapshot, const Holds& holds, TimePoint now)
      : snapshot_(snapshot), holds_(holds), now_(now) {}

  /// Never an empty list.
  [[nodiscard]] std::variant<std::vector<Option>, Refusal> find(const Workload& workload) const;
  /// Whether it is allowed into a reservation that is open now and lends what it leaves idle.
  [[nodiscard]] bool may_go_where_idle_is_lent(const Workload& workload) const;
  /// The one place for work that follows members which run already, or that a crash interrupted.
  [[nodiscard]] std::variant<std::vector<Option>, Refusal>
  follow(const AdmissionRecord& record) const;
  /// The same for work that is not admitted yet: not where the pool takes nothing new.
  [[nodiscard]] std::variant<std::vector<Option>, Refusal>
  join(const AdmissionRecord& record) const;
  /// Numbers the subjects that may use different reservations; 0 while none is open.
  [[nodiscard]] std::uint32_t subject_class(const Workload& workload);

private:
  [[nodiscard]] std::variant<QuotaIndex, Refusal> usable_quota(const QuotaName& name) const;
  [[nodiscard]] std::variant<std::vector<Option>, Refusal> inside_named(const Workload& workload,
                                                                        QuotaIndex quota) const;
  [[nodiscard]] bool is_allowed(const ReservationSpec& spec, const Workload& workload) const;
  [[nodiscard]] bool deserves_room(const Workload& workload, const QuotaSpec& quota,
                                   const PoolSpec& pool) const;
  [[nodiscard]] std::variant<Option, Refusal> inside(ReservationIndex reservation,
                                                     QuotaIndex quota) const;

  const ClusterSnapshot& snapshot_;
  const Holds& holds_;
  TimePoint now_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> subjects_;
};

} // namespace berth::allocation
