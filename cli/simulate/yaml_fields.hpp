#pragma once
// Reading the fields of a YAML map one by one: a fault names the line and the path of the field,
// and a field that nobody asked for is a fault too. The first fault counts; what is read after it
// keeps its default. For the decoders of this folder only: nothing else sees yaml-cpp here.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "lib/allocation/selector.hpp"
#include "lib/base/result.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::cli {

struct YamlFault {
  std::string message{}; ///< empty: none

  /// Keeps the first.
  void note(const YAML::Node& where, const std::string& path, const std::string& why);
};

struct YamlRange {
  std::int64_t least = 0;
  std::int64_t most = 1'000'000'000;
};

class YamlFields {
public:
  /// `fault` must outlive it.
  YamlFields(const YAML::Node& map, std::string path, YamlFault& fault);
  ~YamlFields();
  YamlFields(const YamlFields&) = delete;
  YamlFields& operator=(const YamlFields&) = delete;

  void text(const std::string& name, std::string& out);
  void boolean(const std::string& name, bool& out);
  void integer(const std::string& name, std::int64_t& out, YamlRange range = {});
  /// A map of at most kEntriesMax resource names to quantities that are whole in the resource's
  /// unit.
  void amounts(const std::string& name, resources::ResourceVector& out);
  /// A map of at most kEntriesMax label keys to values.
  void labels(const std::string& name, allocation::Labels& out);
  /// A list of at most kEntriesMax texts.
  void texts(const std::string& name, std::vector<std::string>& out);
  /// Calls `read` for each element of a list of maps.
  void each(const std::string& name, const std::function<void(YamlFields&)>& read);
  /// Calls `read` for a map; for an empty one if the field is absent.
  void map(const std::string& name, const std::function<void(YamlFields&)>& read);
  [[nodiscard]] bool has(const std::string& name) const;
  /// Something is wrong with the field beyond its form.
  void refuse(const std::string& name, const std::string& why);
  void require(const std::string& name);

  static constexpr std::size_t kEntriesMax = 32;
  static constexpr std::size_t kTextBytesMax = 253;

private:
  using ReadEntry = std::function<void(const YAML::Node& key, const YAML::Node& value)>;
  /// Calls `read` for each entry of a map of scalars.
  void entries(const std::string& name, const char* what, const ReadEntry& read);
  /// The field, or null; it counts as known.
  [[nodiscard]] YAML::Node take(const std::string& name);
  [[nodiscard]] std::string path_of(const std::string& name) const;

  YAML::Node map_;
  std::string path_;
  YamlFault& fault_;
  std::set<std::string> known_;
};

/// Parses one document within the budget and hands its map to `read`. Invalid with line and field;
/// a second document is refused.
[[nodiscard]] Result<void> read_yaml(const std::string& text,
                                     const std::function<void(YamlFields&)>& read);

} // namespace berth::cli
