#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

const Json& at(const Json& object, std::string_view pointer) {
  static const Json kAbsent;
  const Json::json_pointer path{std::string(pointer)};
  return object.contains(path) ? object.at(path) : kAbsent;
}

std::string text_at(const Json& object, std::string_view pointer) {
  const Json& value = at(object, pointer);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::int64_t int_at(const Json& object, std::string_view pointer, std::int64_t otherwise) {
  const Json& value = at(object, pointer);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

void erase_at(Json& object, std::string_view pointer) {
  const Json::json_pointer path{std::string(pointer)};
  if (object.contains(path))
    object.at(path.parent_pointer()).erase(path.back());
}

} // namespace berth::simulation
