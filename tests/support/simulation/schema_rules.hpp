#pragma once
// What a CRD's structural schema does to custom resources: unknown fields are pruned, defaults are
// filled in, and values are checked for type, presence, range, length and enumeration. CEL rules
// and patterns are not evaluated: tests that depend on them belong on a real server.

#include "tests/support/simulation/refusal.hpp"

namespace berth::simulation {

/// Prunes and defaults an object; a null schema leaves it as it is.
void apply_schema(Json& object, const Json& schema);
[[nodiscard]] FieldErrors validate_schema(const Json& object, const Json& schema);

} // namespace berth::simulation
