#pragma once
// The reservations of a scenario file, with the words of the custom resource but times as seconds
// of the scenario. For scenario_file.cpp only.

#include <set>

#include "cli/simulate/yaml_fields.hpp"
#include "lib/allocation/reservation.hpp"

namespace berth::cli {

/// One element of `reservations`, in `pool`; faults are noted in `fields`.
[[nodiscard]] allocation::ReservationSpec read_reservation(YamlFields& fields, const PoolName& pool,
                                                           const std::set<QuotaName>& quotas);

} // namespace berth::cli
