#pragma once
// The decide part of `kubectl berth status`: from the objects to what is shown, in a stable order.
// Pure. An amount that is absent is not known, which is not the same as zero.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/state_word.hpp"
#include "cli/status/observe.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::cli {

struct PoolResourceRow {
  resources::ResourceName name{""};
  std::optional<resources::Amount> capacity{};
  std::optional<resources::Amount> allocatable{};
  std::optional<resources::Amount> allocated{};
  std::optional<resources::Amount> promised{};
  std::optional<resources::Amount> measured{};
  std::optional<resources::Amount> largest_free{};
  /// Named by the pool's spec, so part of the short form too.
  bool managed = false;
};

struct PoolRow {
  std::string name{};
  StateWord state{};
  std::optional<api::NodeCounts> nodes{};
  std::string strategy{};
  /// Whether what is measured can be relied on, and if not, why.
  StateWord metrics{};
  std::vector<PoolResourceRow> resources{}; ///< by name
};

struct QuotaAmountRow {
  std::string pool{};
  resources::ResourceName resource{""};
  std::optional<resources::Amount> nominal{};
  std::optional<resources::Amount> used{}; ///< of the quota and of all below it
  std::optional<resources::Amount> borrowed{};
  std::optional<resources::Amount> pending{};
};

struct QuotaRow {
  std::string name{};
  std::size_t depth = 0; ///< 0: a root, or a member of a broken tree
  StateWord state{};
  std::optional<api::WorkloadCounts> workloads{};
  std::optional<api::FirstPending> first_pending{};
  std::vector<QuotaAmountRow> amounts{}; ///< by pool, then resource
};

struct ReservationRow {
  std::string name{};
  std::string pool{};
  std::string quota{}; ///< who pays
  std::string kind{};
  StateWord state{};
  std::string promised{}; ///< "2 nodes" or amounts
  std::optional<api::CurrentWindow> current{};
  std::optional<api::NextWindow> next{};
  std::optional<api::TriggerStatus> trigger{};    ///< of a Conditional one
  std::optional<TimePoint> next_possible_start{}; ///< of one that the calendar has no room for
  std::optional<std::int64_t> holders{};
  std::optional<std::int64_t> windows_honored{};
  std::optional<std::int64_t> windows_total{};
};

struct StatusView {
  TimePoint as_of{};
  std::vector<PoolRow> pools{};               ///< by name
  std::vector<QuotaRow> quotas{};             ///< each tree from its root, siblings by name
  std::vector<ReservationRow> reservations{}; ///< by name
};

[[nodiscard]] StatusView decide_status(const ObservedStatus& observed, TimePoint now);

/// The parts of it that explain shows too.
[[nodiscard]] PoolRow pool_row(const api::ResourcePool& pool);
[[nodiscard]] QuotaRow quota_row(const api::Quota& quota);

} // namespace berth::cli
