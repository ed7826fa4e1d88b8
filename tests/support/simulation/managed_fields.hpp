#pragma once
// Who owns which field (metadata.managedFields), kept on every write, and server-side apply on top
// of it: conflicts with other managers, force, and removal of fields no longer applied.

#include "lib/base/clock.hpp"
#include "tests/support/simulation/request_info.hpp"

namespace berth::simulation {

/// Notes in `updated` who changed what by a create, update or patch; `stored` is null for creates.
/// Does nothing for server-side apply, which has noted it already.
void track_update(Json& updated, const Json* stored, const RequestInfo& info, TimePoint now);

/// What an applied configuration must have: its manager, its name, and no managedFields.
[[nodiscard]] Answer<void> check_apply(const Json& config, const RequestInfo& info);

/// The object after applying `config` for info.field_manager; `stored` is null where it is to be
/// created. Conflict where others own a field with another value, unless info.force.
[[nodiscard]] Answer<Json> apply_configuration(const Json& config, const Json* stored,
                                               const RequestInfo& info, TimePoint now);

} // namespace berth::simulation
