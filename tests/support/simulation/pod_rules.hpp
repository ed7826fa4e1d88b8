#pragma once
// What the API server does to pods beyond other kinds: defaults, priority, the rules of scheduling
// gates (KEP-3521, KEP-3838), what a running pod may still change, and graceful deletion.

#include "lib/base/clock.hpp"
#include "tests/support/simulation/refusal.hpp"
#include "tests/support/simulation/versioned_store.hpp"

namespace berth::simulation {

/// Defaults of a new pod's spec, without what needs other objects.
void default_pod(Json& pod);
/// spec.priority and preemptionPolicy from the PriorityClass; Forbidden for an unknown class.
[[nodiscard]] Answer<void> resolve_priority(Json& pod, const VersionedStore& store);
/// The status every new pod starts with.
[[nodiscard]] Json initial_pod_status(const Json& pod, TimePoint now);

[[nodiscard]] FieldErrors validate_new_pod(const Json& pod);
/// A change through the main resource: gates only go, node selection only tightens while gated.
[[nodiscard]] FieldErrors validate_pod_update(const Json& updated, const Json& stored);
/// A change through /resize: cpu and memory of containers, and nothing else.
[[nodiscard]] FieldErrors validate_pod_resize(const Json& updated, const Json& stored);

/// Writes a condition, keeping lastTransitionTime where the status stays.
void set_condition(Json& status, Json condition, TimePoint now);
/// How long a deletion of this pod takes; 0 for pods that never ran or have ended.
[[nodiscard]] std::int64_t grace_period_seconds(const Json& pod, const Json& delete_options);

} // namespace berth::simulation
