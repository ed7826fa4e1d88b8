#pragma once
// Reservation: capacity promised over time. The fields are those of
// crds/berth.dev_reservations.yaml, which says what each one means; the laws are R1 to R5.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/reservation.hpp"
#include "lib/allocation/subject.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/references.hpp"
#include "lib/resources/quantity.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::api {

enum class ReservationKind { Guaranteed, TimeWindow, Conditional, Pooled };
enum class Comparison { GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual };
enum class Overrun { Evict, Warn, Allow };
enum class DeletionPolicy { Block, Orphan };

[[nodiscard]] std::string_view to_string(ReservationKind kind);

/// Either `start` (once) or `schedule` (cron, in `time_zone`) is set.
struct ReservationWindow {
  std::optional<TimePoint> start{};
  std::string schedule{};
  std::string time_zone{};
  std::chrono::seconds duration{0};

  friend bool operator==(const ReservationWindow&, const ReservationWindow&) = default;
};

struct TriggerMetric {
  std::string name{};
  std::string namespace_name{};
  std::optional<allocation::Selector> selector{};

  friend bool operator==(const TriggerMetric&, const TriggerMetric&) = default;
};

struct TriggerUtilization {
  resources::ResourceName resource{""};

  friend bool operator==(const TriggerUtilization&, const TriggerUtilization&) = default;
};

/// When a Conditional reservation is active: `metric` or `utilization` compared with `value`.
struct ReservationTrigger {
  std::optional<TriggerMetric> metric{};
  std::optional<TriggerUtilization> utilization{};
  Comparison op = Comparison::GreaterThanOrEqual;
  resources::Quantity value{};
  std::chrono::seconds for_at_least{60};
  std::chrono::seconds active_for{3600};

  friend bool operator==(const ReservationTrigger&, const ReservationTrigger&) = default;
};

struct ReservationAllowed {
  std::vector<QuotaName> quotas{};
  std::vector<std::string> namespaces{};
  std::vector<allocation::ServiceAccountRef> service_accounts{};

  friend bool operator==(const ReservationAllowed&, const ReservationAllowed&) = default;
};

struct ReservationSpec {
  PoolRef pool_ref{};
  QuotaRef quota_ref{}; ///< who pays
  ReservationKind kind = ReservationKind::Guaranteed;
  /// Either whole nodes or amounts.
  std::optional<std::int32_t> node_count{};
  resources::ResourceVector resources{};
  std::optional<ReservationWindow> window{};
  std::optional<ReservationTrigger> trigger{};
  ReservationAllowed allowed{};
  std::chrono::seconds lead_time{300};
  Overrun overrun = Overrun::Evict;
  bool lend_idle = true;
  DeletionPolicy deletion_policy = DeletionPolicy::Block;

  friend bool operator==(const ReservationSpec&, const ReservationSpec&) = default;
};

struct NextWindow {
  TimePoint start{};
  std::optional<TimePoint> end{}; ///< absent: it does not end by itself

  friend bool operator==(const NextWindow&, const NextWindow&) = default;
};

struct CurrentWindow {
  TimePoint start{};
  std::optional<TimePoint> end{}; ///< absent: it does not end by itself
  resources::ResourceVector held{};
  resources::ResourceVector used{};

  friend bool operator==(const CurrentWindow&, const CurrentWindow&) = default;
};

/// How the trigger of a Conditional reservation stands; see lib/allocation/trigger.hpp.
struct TriggerStatus {
  std::optional<resources::Quantity> value{}; ///< as it was measured, at `measured_at`
  std::optional<TimePoint> measured_at{};
  std::optional<TimePoint> holds_since{};
  std::optional<TimePoint> opens_at{};
  std::optional<TimePoint> ends_at{};

  friend bool operator==(const TriggerStatus&, const TriggerStatus&) = default;
};

struct ReservationHolder {
  WorkloadRef workload{};
  std::optional<TimePoint> since{};

  friend bool operator==(const ReservationHolder&, const ReservationHolder&) = default;
};

struct ReservationStatus {
  std::optional<std::int64_t> observed_generation{};
  std::optional<NextWindow> next_window{};
  std::optional<CurrentWindow> current_window{};
  std::optional<TimePoint> next_possible_start{};
  std::optional<TriggerStatus> trigger{};
  std::vector<allocation::ReservedPlace> places{};
  std::vector<ReservationHolder> holders{}; ///< a bounded part of them, see holder_count
  std::optional<std::int32_t> holder_count{};
  std::optional<std::int64_t> windows_honored{};
  std::optional<std::int64_t> windows_total{};
  Conditions conditions{};

  friend bool operator==(const ReservationStatus&, const ReservationStatus&) = default;
};

struct Reservation : Object<ReservationSpec, ReservationStatus> {
  static constexpr std::string_view kKind = "Reservation";
};

} // namespace berth::api
