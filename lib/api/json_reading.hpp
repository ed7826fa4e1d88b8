#pragma once
// Reading single fields of objects that no codec of ours describes: what is absent or of another
// type reads as null, empty or zero. By name (`_in`), or by JSON pointer (`_at`, "/spec/replicas").
// Included by .cpp files only: it brings in the JSON parser.

#include <cstdint>
#include <string>

#include "lib/api/json.hpp"

namespace berth::api {

/// The member; null if there is none, or `object` is no object.
[[nodiscard]] const Json& member_in(const Json& object, const char* name);
[[nodiscard]] const Json& member_at(const Json& object, const std::string& pointer);

/// The text; empty if there is none.
[[nodiscard]] std::string text_in(const Json& object, const char* name);
[[nodiscard]] std::string text_at(const Json& object, const std::string& pointer);

/// The integer; 0, or `absent`, if there is none.
[[nodiscard]] std::int64_t integer_in(const Json& object, const char* name);
[[nodiscard]] std::int64_t integer_at(const Json& object, const std::string& pointer,
                                      std::int64_t absent = 0);

} // namespace berth::api
