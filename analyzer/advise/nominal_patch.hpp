#pragma once
// The patch of an AdjustQuota recommendation: nominal amounts of one Quota; written, and read back.
// Pure.

#include <optional>
#include <string>
#include <vector>

#include "lib/api/quota.hpp"

namespace berth::analyzer {

/// That the quota's nominal amount of a resource in a pool should be another.
struct NominalChange {
  PoolName pool{};
  resources::ResourceName resource{""};
  resources::Amount nominal{};

  friend bool operator==(const NominalChange&, const NominalChange&) = default;
};

/// Null where the quota has no such row.
[[nodiscard]] const api::QuotaResource* find_nominal(const api::QuotaSpec& quota,
                                                     const PoolName& pool,
                                                     const resources::ResourceName& resource);

/// A JSON patch of the quota; each step names the pool and the resource that it means. Changes of
/// rows that the quota does not have are left out.
[[nodiscard]] std::string nominal_patch(const api::QuotaSpec& quota,
                                        const std::vector<NominalChange>& changes);

/// Nothing for a patch that cannot be read, or that is of a quota with other rows.
[[nodiscard]] std::optional<std::vector<NominalChange>>
read_nominal_patch(const api::QuotaSpec& quota, const std::string& patch);

/// Whether the quota is as the patch asks for; false for a patch that cannot be read.
[[nodiscard]] bool is_nominal(const api::QuotaSpec& quota, const std::string& patch);

/// Whether both ask for nearly the same, so that what stands may stand.
[[nodiscard]] bool is_close(const std::vector<NominalChange>& standing,
                            const std::vector<NominalChange>& wanted);

} // namespace berth::analyzer
