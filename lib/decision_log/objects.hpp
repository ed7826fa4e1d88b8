#pragma once
// Objects: what the inputs of a cycle consist of, one by one, and their text in the log. A cycle's
// inputs are the objects that the ClusterState was fed, the settings that the program adds (the
// fields of allocation::Policy, by name), the memory of the cycle before, and two times and a seed.

#include <string>
#include <string_view>
#include <variant>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/result.hpp"

namespace berth::decision_log {

enum class Kind {
  Node,
  Pod,
  Pool,
  Quota,
  Namespace,
  Reservation,
  Policy,
  NamespaceQuota,
  Setting, ///< a field of allocation::Policy
  Memory,  ///< AllocationMemory, where it is not what the cycle before gave back
};
inline constexpr int kKinds = 10;
[[nodiscard]] std::string_view to_string(Kind kind);

/// Canonical: equal objects have the same text, on every machine.
[[nodiscard]] std::string text_of(const allocation::NodeView& node);
[[nodiscard]] std::string text_of(const allocation::PodView& pod);
[[nodiscard]] std::string text_of(const allocation::PoolSpec& pool);
[[nodiscard]] std::string text_of(const allocation::QuotaSpec& quota);
[[nodiscard]] std::string text_of(const allocation::NamespaceView& name_space);
[[nodiscard]] std::string text_of(const allocation::ReservationSpec& reservation);
[[nodiscard]] std::string text_of(const allocation::PolicySpec& policy);
[[nodiscard]] std::string text_of(const allocation::NamespaceQuota& quota);
[[nodiscard]] std::string text_of(const allocation::AllocationMemory& memory);

struct Setting {
  std::string_view name{};
  std::string text{}; ///< empty: as it is by itself
};
/// All settings, in the order of their fields; without the memory.
[[nodiscard]] std::vector<Setting> settings_of(const allocation::Policy& policy);

/// A setting as it stands in the log.
struct SettingValue {
  std::string name{};
  std::string json{}; ///< checked by apply_setting()
};

/// What a line of the log adds or replaces.
using Object = std::variant<allocation::NodeView, allocation::PodView, allocation::PoolSpec,
                            allocation::QuotaSpec, allocation::NamespaceView,
                            allocation::ReservationSpec, allocation::PolicySpec,
                            allocation::NamespaceQuota, SettingValue, allocation::AllocationMemory>;

/// An object that came, changed (`now` is set) or went.
struct Change {
  Kind kind = Kind::Pod;
  std::string id{}; ///< a namespace's objects as "namespace/name"
  std::optional<Object> now{};
};

/// A line of the log for one change; `text` absent: the object is gone.
[[nodiscard]] std::string change_line(Kind kind, std::string_view id, const std::string* text);
/// Invalid for what change_line() did not write.
[[nodiscard]] Result<Change> read_change(std::string_view line, const api::FindTimeZone& find_zone);

/// Invalid if the policy has no such setting, or it cannot be read.
[[nodiscard]] Result<void> apply_setting(const SettingValue& setting, allocation::Policy& policy);
/// As by itself again. The setting must be one of settings_of().
void reset_setting(std::string_view name, allocation::Policy& policy);

} // namespace berth::decision_log
