#pragma once
// The family of a pod: pods whose run times tell of each other (B2). Those that the same CronJob,
// workflow or hand makes again and again have controllers whose names differ in a generated ending,
// and ask for the same: the steps of a workflow, and the sizes of an experiment, are of others.

#include <string_view>

#include "lib/allocation/run_times.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::cluster {

/// One for pods of the Jobs train, train-29400000 and train-x7k2p of a namespace that request the
/// same; none for pods without a controller, and for those that run until they are deleted.
[[nodiscard]] allocation::RunFamily run_family_of(const Pod& pod);

/// The name without what Kubernetes or a counter appended: up to two endings of digits alone, or of
/// five characters as `generateName` draws them.
[[nodiscard]] std::string_view stem_of(std::string_view name);

} // namespace berth::cluster
