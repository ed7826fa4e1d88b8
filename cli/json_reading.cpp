#include "cli/json_reading.hpp"

namespace berth::cli {

const api::Json& member_at(const api::Json& object, const char* pointer) {
  static const api::Json kNull;
  const api::Json::json_pointer where(pointer);
  return object.is_structured() && object.contains(where) ? object.at(where) : kNull;
}

std::string text_at(const api::Json& object, const char* pointer) {
  const api::Json& found = member_at(object, pointer);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t integer_at(const api::Json& object, const char* pointer, std::int64_t absent) {
  const api::Json& found = member_at(object, pointer);
  return found.is_number_integer() ? found.get<std::int64_t>() : absent;
}

} // namespace berth::cli
