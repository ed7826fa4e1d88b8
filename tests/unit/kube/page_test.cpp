// A page of a list, whose items are parsed one after the other.

#include <catch2/catch.hpp>

#include "lib/kube/codec_json.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::kube {
namespace {

/// Braces and quotes in texts, escapes, and every kind of item.
const std::string kPage = R"({"apiVersion": "berth.dev/v1alpha1", "kind": "QuotaList",
  "metadata": {"resourceVersion": "7", "continue": "more", "unknown": [{"deep": [1, 2]}]},
  "unknown": {"a": [true, null, 1.5e3]},
  "items": [{"text": "\"}],{[ \u00e9 \\"}, {}, {"list": [[], {"a": {}}]} , "text", null, 3, []]})";

struct Read {
  Result<WirePage> head;
  std::vector<std::string> items{};
};

Read read(const std::string& text) {
  SimdjsonEnvelopes envelopes(types::quota());
  std::vector<std::string> items;
  auto head =
      envelopes.read_page(text, [&](JsonElement item) { items.push_back(simdjson::minify(item)); });
  return {std::move(head), std::move(items)};
}

} // namespace

TEST_CASE("a page gives its head and its items, whatever is in them and wherever they stand") {
  const Read page = read(kPage);
  REQUIRE(page.head);
  CHECK(page.head->resource_version == "7");
  CHECK(page.head->continue_token == "more");
  CHECK(page.items == std::vector<std::string>{R"({"text":"\"}],{[ é \\"})", "{}",
                                               R"({"list":[[],{"a":{}}]})", R"("text")", "null",
                                               "3", "[]"});
  const Read turned =
      read(R"({"items": [{"a": 1}], "kind": "QuotaList", "metadata": {"resourceVersion": "8"}})");
  REQUIRE(turned.head);
  CHECK(turned.head->resource_version == "8");
  CHECK(turned.items == std::vector<std::string>{R"({"a":1})"});
}

TEST_CASE("a page that is cut off anywhere is refused") {
  for (std::size_t bytes = 0; bytes < kPage.size(); ++bytes) {
    INFO("after " << bytes << " bytes");
    CHECK_FALSE(read(kPage.substr(0, bytes)).head);
  }
}

TEST_CASE("what is not quite JSON is no page, in or beside an item") {
  const auto with = [](const std::string& items, const std::string& end = "}") {
    return read(R"({"kind": "QuotaList", "metadata": {"resourceVersion": "7"}, "items": )" + items +
                end);
  };
  REQUIRE(with("[]").head);
  REQUIRE(with("null").head);
  CHECK_FALSE(with("[{]]").head);
  CHECK_FALSE(with("[{\"a\" 1}]").head);
  CHECK_FALSE(with("[{},]").head);
  CHECK_FALSE(with("[{} {}]").head);
  CHECK_FALSE(with("[nul]").head);
  CHECK_FALSE(with("{}").head);
  CHECK_FALSE(with("[]", "}{}").head);
  CHECK_FALSE(with("[]", "} x}").head);
  CHECK_FALSE(with("[]", ", \"other\": [1,}").head);
  CHECK_FALSE(with("[]", ", \"items\": []}").head);
}

TEST_CASE("a page nested deeper than any object is refused") {
  const std::string deep = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  const Read page = read(R"({"kind": "QuotaList", "items": [{"a": )" + deep + "}]}");
  REQUIRE_FALSE(page.head);
  CHECK_THAT(page.head.error().message, Catch::Contains("nested deeper"));
}

} // namespace berth::kube
