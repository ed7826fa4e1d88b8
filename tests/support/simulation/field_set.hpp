#pragma once
// FieldSet: which fields of an object somebody owns, in the API's own FieldsV1 form: nested objects
// with keys "f:<field>", "k:<keys of a list item>", "v:<value of a set>", and "." for the item
// itself. A leaf is {}.

#include <string>
#include <vector>

#include "tests/support/simulation/list_schema.hpp"

namespace berth::simulation {

using FieldSet = Json;

/// All fields of a value.
[[nodiscard]] FieldSet fields_of(const Json& value, const ListSchema& lists);
/// The fields of `after` that `before` has not, or has with another value.
[[nodiscard]] FieldSet changed_fields(const Json& before, const Json& after,
                                      const ListSchema& lists);

[[nodiscard]] FieldSet united(const FieldSet& left, const FieldSet& right);
[[nodiscard]] FieldSet without_fields(const FieldSet& from, const FieldSet& fields);
[[nodiscard]] FieldSet common_fields(const FieldSet& left, const FieldSet& right);
/// ".spec.containers[name=\"a\"].image" for each leaf.
[[nodiscard]] std::vector<std::string> paths_of(const FieldSet& set);

/// `value` without the fields of `set`.
[[nodiscard]] Json pruned(const Json& value, const FieldSet& set, const ListSchema& lists);
/// `value` with everything that `config` says, list items matched by their keys.
[[nodiscard]] Json merged(const Json& value, const Json& config, const ListSchema& lists);

} // namespace berth::simulation
