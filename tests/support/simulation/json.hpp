#pragma once
// The one JSON type of the simulation, and how its code reaches into objects without exceptions.
// Objects in the simulated server are immutable once stored, so they are shared by pointer.

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace berth::simulation {

using Json = nlohmann::json;
using Object = std::shared_ptr<const Json>;

/// The value at a JSON pointer ("/metadata/name"), or null where there is none.
[[nodiscard]] const Json& at(const Json& object, std::string_view pointer);
/// The same by value, since a part of a temporary cannot be referred to.
[[nodiscard]] inline Json at(Json&& object, std::string_view pointer) {
  const Json& whole = object;
  return at(whole, pointer);
}
/// The text at a JSON pointer, or "" where there is no text.
[[nodiscard]] std::string text_at(const Json& object, std::string_view pointer);
/// The integer at a JSON pointer, or `otherwise`.
[[nodiscard]] std::int64_t int_at(const Json& object, std::string_view pointer,
                                  std::int64_t otherwise = 0);
/// Whether the object's deletion has begun.
[[nodiscard]] inline bool is_going(const Json& object) {
  return !at(object, "/metadata/deletionTimestamp").is_null();
}
/// Removes what is at a JSON pointer; nothing happens where there is nothing.
void erase_at(Json& object, std::string_view pointer);

} // namespace berth::simulation
