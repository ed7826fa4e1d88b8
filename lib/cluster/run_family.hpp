#pragma once
// The family of a pod: pods whose run times tell of each other (B2). Those that the same CronJob,
// workflow or hand makes again and again have controllers whose names differ in a generated ending.

#include <string>
#include <string_view>

#include "lib/api/object_meta.hpp"

namespace berth::cluster {

/// "namespace/Job/train" for pods of the Jobs train, train-29400000 and train-x7k2p; empty for pods
/// without a controller.
[[nodiscard]] std::string run_family_of(const api::ObjectMeta& pod);

/// The name without what Kubernetes or a counter appended: up to two endings of digits alone, or of
/// five characters as `generateName` draws them.
[[nodiscard]] std::string_view stem_of(std::string_view name);

} // namespace berth::cluster
