#include "lib/api/object_meta.hpp"

namespace berth::api {

std::string to_string(const ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + '/' + key.name;
}

} // namespace berth::api
