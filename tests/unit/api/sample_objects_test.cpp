// Every object that the schema tests call good and every sample that users are shown goes through
// the codec: decoded without a fault, and written back without losing a field.

#include "lib/api/allocation_policy.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/api/scaling_recommendation.hpp"
#include "tests/unit/api/yaml_objects.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace berth::api {
namespace {

/// "spec.pools[].resources[].nominal" for everything in the document, with list indices left out.
void collect_paths(const Json& value, const std::string& path, std::set<std::string>& paths) {
  if (path.ends_with("matchLabels")) { // kept as matchExpressions, which mean the same
    paths.insert(path.substr(0, path.size() - std::string("Labels").size()) + "Expressions");
    return;
  }
  paths.insert(path);
  if (!value.is_structured())
    return;
  for (const auto& [key, member] : value.items())
    collect_paths(member, value.is_array() ? path + "[]" : path + (path.empty() ? "" : ".") + key,
                  paths);
}

std::set<std::string> paths_of(const Json& document, const std::string& part) {
  std::set<std::string> paths;
  if (const auto found = document.find(part); found != document.end())
    collect_paths(*found, part, paths);
  return paths;
}

void check_subset(const std::set<std::string>& part, const std::set<std::string>& whole) {
  for (const auto& path : part) {
    CAPTURE(path);
    CHECK(whole.contains(path));
  }
}

template <class T>
void check_round_trip(const Json& object) {
  const auto decoded = decode<T>(object);
  REQUIRE(decoded);
  if (const auto status = object.find("status"); status != object.end())
    REQUIRE(decode_status<T>(*status));

  const std::string spec_text = encode(*decoded);
  const std::string status_text = encode_status<T>(decoded->meta, decoded->status);
  const Json spec_json = *parse_json(spec_text);
  const Json status_json = *parse_json(status_text);
  check_subset(paths_of(object, "spec"), paths_of(spec_json, "spec"));
  check_subset(paths_of(object, "status"), paths_of(status_json, "status"));

  const auto again = decode<T>(spec_json);
  REQUIRE(again);
  CHECK(again->spec == decoded->spec);
  CHECK(encode(*again) == spec_text);
  const auto status_again = decode_status<T>(status_json.at("status"));
  REQUIRE(status_again);
  CHECK(*status_again == decoded->status);
  CHECK(encode_status<T>(decoded->meta, *status_again) == status_text);
}

/// `value` with the defaults of `schema` filled in, as the API server does it.
Json defaulted(const Json& schema, Json value) {
  if (value.is_array() && schema.contains("items"))
    for (auto& item : value)
      item = defaulted(schema.at("items"), item);
  if (!value.is_object() || !schema.contains("properties"))
    return value;
  for (const auto& [name, property] : schema.at("properties").items()) {
    if (!value.contains(name) && property.contains("default"))
      value[name] = property.at("default");
    if (value.contains(name))
      value[name] = defaulted(property, value[name]);
  }
  return value;
}

template <class T>
void check_defaults(const Json& object, const Json& schema) {
  const auto bare = decode<T>(object);
  const auto filled = decode<T>(defaulted(schema, object));
  REQUIRE(bare);
  REQUIRE(filled);
  CHECK(bare->spec == filled->spec);
}

struct Checks {
  void (*round_trip)(const Json& object);
  void (*defaults)(const Json& object, const Json& schema);
};
template <class T>
constexpr Checks checks_of() {
  return {check_round_trip<T>, check_defaults<T>};
}
const std::map<std::string, Checks> kChecks{
    {"ResourcePool", checks_of<ResourcePool>()},
    {"Quota", checks_of<Quota>()},
    {"Reservation", checks_of<Reservation>()},
    {"AllocationPolicy", checks_of<AllocationPolicy>()},
    {"AllocationRequest", checks_of<AllocationRequest>()},
    {"ScalingPolicy", checks_of<ScalingPolicy>()},
    {"ScalingRecommendation", checks_of<ScalingRecommendation>()},
};

/// The Kinds that were seen.
std::set<std::string> check_folder(const char* folder) {
  std::set<std::string> kinds;
  for (const auto& object : yaml_objects(folder)) {
    const auto kind = object.json.value("kind", "");
    if (const auto checks = kChecks.find(kind); checks != kChecks.end()) {
      INFO(object.where);
      checks->second.round_trip(object.json);
      kinds.insert(kind);
    }
  }
  return kinds;
}

std::map<std::string, Json> schemas() {
  std::map<std::string, Json> by_kind;
  for (const auto& definition : yaml_objects("crds"))
    by_kind[definition.json.at("/spec/names/kind"_json_pointer)] =
        definition.json.at("/spec/versions/0/schema/openAPIV3Schema"_json_pointer);
  return by_kind;
}

} // namespace

TEST_CASE("every object that the schemas accept is read, and written back without a loss") {
  CHECK(check_folder("tests/crds/objects/good").size() == kChecks.size());
}

TEST_CASE("the defaults of the structs are those of the schemas") {
  const auto by_kind = schemas();
  REQUIRE(by_kind.size() == kChecks.size());
  std::size_t checked = 0;
  for (const auto& object : yaml_objects("tests/crds/objects/good")) {
    const auto kind = object.json.value("kind", "");
    INFO(object.where);
    REQUIRE(by_kind.contains(kind));
    kChecks.at(kind).defaults(object.json, by_kind.at(kind));
    ++checked;
  }
  CHECK(checked >= kChecks.size());
}

TEST_CASE("every sample that users are shown is read") {
  CHECK(check_folder("manifests/samples").size() >= 6);
}

} // namespace berth::api
