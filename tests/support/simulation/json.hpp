#pragma once
// The one JSON type of the simulation, and how its code reaches into objects without exceptions.
// Objects in the simulated server are immutable once stored, so they are shared by pointer.

#include <memory>
#include <string>

#include "lib/api/json_reading.hpp"

namespace berth::simulation {

using api::integer_at;
using api::Json;
using api::text_at;
using Object = std::shared_ptr<const Json>;

/// The value at a JSON pointer ("/metadata/name"), or null where there is none.
[[nodiscard]] inline const Json& at(const Json& object, const std::string& pointer) {
  return api::member_at(object, pointer);
}
/// The same by value, since a part of a temporary cannot be referred to.
[[nodiscard]] inline Json at(Json&& object, const std::string& pointer) {
  return api::member_at(object, pointer);
}
/// Whether the object's deletion has begun.
[[nodiscard]] inline bool is_going(const Json& object) {
  return !at(object, "/metadata/deletionTimestamp").is_null();
}
/// Removes what is at a JSON pointer; nothing happens where there is nothing.
void erase_at(Json& object, const std::string& pointer);

} // namespace berth::simulation
