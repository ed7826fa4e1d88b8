#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

void erase_at(Json& object, const std::string& pointer) {
  const Json::json_pointer path(pointer);
  if (object.contains(path))
    object.at(path.parent_pointer()).erase(path.back());
}

} // namespace berth::simulation
