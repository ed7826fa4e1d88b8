#pragma once
// What the API server does to every object it writes, whatever its kind: envelope and metadata on
// creation and update, the separation of status, generation, and when a deletion takes effect.

#include "lib/base/clock.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/simulation/request_info.hpp"

namespace berth::simulation {

/// A body of a create: checks kind, namespace and resourceVersion, names it, gives it uid and
/// creationTimestamp. The name of a generateName is drawn from `rng`.
[[nodiscard]] Answer<Json> prepare_create(Json body, const RequestInfo& info, TimePoint now,
                                          Rng& rng);
/// Checks the body of an update against its URL.
[[nodiscard]] Answer<void> check_envelope(const Json& body, const RequestInfo& info);

/// Gives an updated object what an update cannot change, and the part (spec or status) that this
/// request may not touch, from the stored one; counts the generation.
[[nodiscard]] Json prepare_update(Json updated, const Json& stored, const RequestInfo& info);
/// metadata that may never change.
[[nodiscard]] FieldErrors validate_meta_update(const Json& updated, const Json& stored);
/// Name and labels of a new object.
[[nodiscard]] FieldErrors validate_meta(const Json& object, const ServedResource& resource);

/// Sets apiVersion, drops nulls and empty lists and maps, as typed kinds are stored.
void normalize(Json& object, const ServedResource& resource);

/// An update that empties the finalizers of an object whose time has come deletes it.
[[nodiscard]] bool deletes_during_update(const Json& updated, const Json& stored);
/// Whether two objects differ in more than managedFields timestamps and resourceVersion.
[[nodiscard]] bool same_content(const Json& left, const Json& right);

} // namespace berth::simulation
