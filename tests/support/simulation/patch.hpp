#pragma once
// The three patch forms that change a document without knowing who owns its fields: JSON patch
// (RFC 6902), JSON merge patch (RFC 7386) and Kubernetes' strategic merge patch. Server-side apply
// is in managed_fields.hpp.

#include "tests/support/simulation/list_schema.hpp"
#include "tests/support/simulation/refusal.hpp"

namespace berth::simulation {

/// 400 for what is no JSON patch; 422 where it cannot be applied or a `test` does not hold.
[[nodiscard]] Answer<Json> apply_json_patch(const Json& object, const Json& patch);

[[nodiscard]] Answer<Json> apply_merge_patch(const Json& object, const Json& patch);

/// Directives known: $patch delete, replace and merge, $deleteFromPrimitiveList, and
/// $setElementOrder, which is dropped (order never matters to us). Others are refused with 400.
[[nodiscard]] Answer<Json> apply_strategic_merge(const Json& object, const Json& patch,
                                                 const ListSchema& lists);

} // namespace berth::simulation
