#pragma once
// Reading single fields of objects that no codec of ours describes: what is absent or of another
// type reads as empty. Included by .cpp files only: it brings in the JSON parser.

#include <string>

#include "lib/api/json.hpp"

namespace berth::cli {

/// The member at a JSON pointer ("/spec/replicas"); null if there is none.
[[nodiscard]] const api::Json& member_at(const api::Json& object, const char* pointer);
/// The text there; empty if there is none.
[[nodiscard]] std::string text_at(const api::Json& object, const char* pointer);
/// The integer there; `absent` if there is none.
[[nodiscard]] std::int64_t integer_at(const api::Json& object, const char* pointer,
                                      std::int64_t absent = 0);

} // namespace berth::cli
