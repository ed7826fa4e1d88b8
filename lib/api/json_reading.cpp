#include "lib/api/json_reading.hpp"

namespace berth::api {
namespace {

const Json& null() {
  static const Json kNull;
  return kNull;
}

std::string text_of(const Json& found) {
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t integer_of(const Json& found, std::int64_t absent) {
  return found.is_number_integer() ? found.get<std::int64_t>() : absent;
}

} // namespace

const Json& member_in(const Json& object, const char* name) {
  if (!object.is_object())
    return null();
  const auto found = object.find(name);
  return found == object.end() ? null() : *found;
}

const Json& member_at(const Json& object, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  return object.is_structured() && object.contains(where) ? object.at(where) : null();
}

std::string text_in(const Json& object, const char* name) {
  return text_of(member_in(object, name));
}

std::string text_at(const Json& object, const std::string& pointer) {
  return text_of(member_at(object, pointer));
}

std::int64_t integer_in(const Json& object, const char* name) {
  return integer_of(member_in(object, name), 0);
}

std::int64_t integer_at(const Json& object, const std::string& pointer, std::int64_t absent) {
  return integer_of(member_at(object, pointer), absent);
}

} // namespace berth::api
