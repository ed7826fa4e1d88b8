#include "tests/unit/api/yaml_objects.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "lib/base/ensure.hpp"
#include "lib/kube/yaml_documents.hpp"

namespace berth::api {
namespace {

/// Definitions are larger than what people write.
constexpr kube::YamlBudget kBudget{1'000'000, 100, 64};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

std::vector<YamlObject> yaml_objects(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<YamlObject> objects;
  for (const auto& file : files) {
    int number = 0;
    auto documents = kube::read_yaml_documents(text_of(file), kBudget);
    ensure(documents.has_value(), "every file of the tree is YAML");
    for (Json& document : *documents)
      if (document.is_object())
        objects.push_back({file.string() + " #" + std::to_string(++number), std::move(document)});
  }
  return objects;
}

} // namespace berth::api
