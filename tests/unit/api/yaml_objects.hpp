#pragma once
// Reads the YAML objects that the manifests and the schema tests keep, as the JSON that the API
// server would hand out. For tests of the codec.

#include <filesystem>
#include <string>
#include <vector>

#include "lib/api/json.hpp"

namespace berth::api {

struct YamlObject {
  std::string where; ///< file, and the number of the document in it
  Json json;
};

/// Every object of every .yaml file under `folder` (relative to the source tree), sorted by file.
[[nodiscard]] std::vector<YamlObject> yaml_objects(const std::filesystem::path& folder);

} // namespace berth::api
