#pragma once
// Thing: the smallest object a Store can keep, with a codec over each parser, and the text of its
// lists and events as an API server writes them.

#include <string>
#include <vector>

#include "lib/kube/codec_json.hpp"
#include "lib/kube/codec_simdjson.hpp"

namespace berth::kube::testing {

struct Thing {
  ObjectMeta meta;
  std::int64_t value = 0;
};

enum class Parser { Simdjson, Nlohmann };

/// A value below zero makes a Thing malformed.
[[nodiscard]] inline Codec<Thing> thing_codec(Parser parser) {
  if (parser == Parser::Simdjson)
    return make_simdjson_codec<Thing>(
        types::quota(), [](JsonElement element) -> Result<std::shared_ptr<const Thing>> {
          auto thing = std::make_shared<Thing>();
          BERTH_CHECK(read_members(
              element,
              member("metadata",
                     [&](JsonElement it) { return read_object_meta(it, thing->meta, nullptr); }),
              member("value", [&](JsonElement it) { return read_integer(it, thing->value); })));
          if (thing->value < 0)
            return fail(Code::Invalid, "value: must not be negative");
          return thing;
        });
  return make_json_codec<Thing>(types::quota(), [](const api::Json& json) -> Result<Thing> {
    Thing thing;
    thing.meta.name = json.at("metadata").at("name");
    thing.meta.uid = json.at("metadata").at("uid");
    thing.meta.resource_version = json.at("metadata").at("resourceVersion");
    thing.value = json.value("value", 0);
    if (thing.value < 0)
      return fail(Code::Invalid, "value: must not be negative");
    return thing;
  });
}

struct ThingText {
  std::string name;
  std::string version;
  std::int64_t value = 0;
  std::string uid{};

  [[nodiscard]] std::string json() const {
    return R"({"apiVersion":"berth.dev/v1alpha1","kind":"Quota","metadata":{"name":")" + name +
           R"(","uid":")" + (uid.empty() ? "uid-" + name : uid) + R"(","resourceVersion":")" +
           version + R"("},"value":)" + std::to_string(value) + "}";
  }
};

[[nodiscard]] inline std::string list_text(const std::string& version,
                                           const std::vector<ThingText>& things,
                                           const std::string& continue_token = {}) {
  std::string items;
  for (const auto& thing : things)
    items += (items.empty() ? "" : ",") + thing.json();
  return R"({"apiVersion":"berth.dev/v1alpha1","kind":"QuotaList","metadata":{"resourceVersion":")" +
         version + R"(","continue":")" + continue_token + R"("},"items":[)" + items + "]}";
}

[[nodiscard]] inline std::string event_text(const std::string& type, const ThingText& thing) {
  return R"({"type":")" + type + R"(","object":)" + thing.json() + "}\n";
}

[[nodiscard]] inline std::string bookmark_text(const std::string& version, bool initial_end = false,
                                               const std::string& kind = "Quota") {
  return R"({"type":"BOOKMARK","object":{"apiVersion":"berth.dev/v1alpha1","kind":")" + kind +
         R"(","metadata":{"resourceVersion":")" + version + R"(")" +
         (initial_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "") + "}}}\n";
}

[[nodiscard]] inline std::string error_event_text(int code, const std::string& reason) {
  return R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",)"
         R"("message":"because","reason":")" +
         reason + R"(","code":)" + std::to_string(code) + "}}\n";
}

} // namespace berth::kube::testing
