#include "lib/api/pushed_usage.hpp"

#include <catch2/catch.hpp>

#include "lib/base/timestamp.hpp"

using namespace berth;
using namespace berth::api;
using resources::Quantity;

namespace {

/// Why the text is refused.
std::string refusal(std::string_view text) {
  const auto usage = decode_pushed_usage(text);
  return usage ? "" : usage.error().message;
}

} // namespace

TEST_CASE("pushed usage is read with its time and all its amounts") {
  const auto usage = decode_pushed_usage(
      R"({"measuredAt":"2026-11-21T12:00:00Z","used":{"queue_depth":120,"disk":"80Gi"},"by":"me"})");
  REQUIRE(usage);
  CHECK(format_time(usage->measured_at) == "2026-11-21T12:00:00Z");
  CHECK(usage->used ==
        std::map<std::string, Quantity>{{"queue_depth", Quantity::of(120)},
                                        {"disk", Quantity::of(std::int64_t{80} << 30U)}});
}

TEST_CASE("pushed usage that makes no sense is refused, naming the field") {
  CHECK(refusal("{}") == "measuredAt: is missing");
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z"})") == "used: is missing");
  CHECK(refusal(R"({"measuredAt":"noon","used":{}})").starts_with("measuredAt: "));
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":{"a":"much"}})") ==
        "used.a: \"much\" is not a quantity");
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":{"a":-1}})") ==
        "used: a is negative");
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":{"":1}})") ==
        "used: has an empty name");
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":[1]})") == "used: is not an object");
  CHECK_FALSE(refusal("not JSON").empty());
}

TEST_CASE("pushed usage has limits") {
  std::string many;
  for (std::size_t i = 0; i <= kPushedNamesMax; ++i)
    many += (many.empty() ? "\"n" : ",\"n") + std::to_string(i) + "\":1";
  CHECK(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":{)" + many + "}}") ==
        "used: has more than 32 names");
  const std::string padding(kPushedUsageBytesMax, ' ');
  CHECK_FALSE(refusal(R"({"measuredAt":"2026-11-21T12:00:00Z","used":{}})" + padding).empty());
}

TEST_CASE("an annotation that cannot be read says why, and is no usage") {
  CHECK_FALSE(read_pushed_usage({}).usage);
  CHECK(read_pushed_usage({}).defect.empty());
  const auto bad = read_pushed_usage({{"berth.dev/usage", "{}"}});
  CHECK_FALSE(bad.usage);
  CHECK(bad.defect == "measuredAt: is missing");
}
