#pragma once
// Amounts and counts as cells and JSON members: "1500m", and "-" or null for what is not known.

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/api/reservation.hpp"
#include "lib/base/clock.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::cli {

[[nodiscard]] std::string shown(const resources::ResourceName& name,
                                const std::optional<resources::Amount>& amount);
/// For what is measured, where the last digits are noise: "104" for 103617m, "72Gi" for 73400Mi.
[[nodiscard]] std::string shown_roughly(const resources::ResourceName& name,
                                        const std::optional<resources::Amount>& amount);
[[nodiscard]] nlohmann::json to_json(const resources::ResourceName& name,
                                     const std::optional<resources::Amount>& amount);
[[nodiscard]] std::string number_or_dash(const std::optional<std::int64_t>& number);
[[nodiscard]] nlohmann::json number_or_null(const std::optional<std::int64_t>& number);
/// {"cpu": "2", "memory": "4Gi"}
[[nodiscard]] nlohmann::json to_json(const resources::ResourceVector& amounts);
/// As the API writes it; null when absent.
[[nodiscard]] nlohmann::json to_json(const std::optional<TimePoint>& time);

/// "cpu 2, memory 4Gi" of a pod's or a gang's request; the count of pods says nothing there.
[[nodiscard]] std::string request_text(resources::ResourceVector requests);

} // namespace berth::cli
