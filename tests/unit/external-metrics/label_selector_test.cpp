// Label selectors as text: what Kubernetes reads is read, what it refuses is refused.

#include "analyzer/external_metrics/label_selector.hpp"

#include <catch2/catch.hpp>

#include "tests/fuzz/selector_text.hpp"

namespace berth::analyzer {
namespace {

using allocation::Labels;
using allocation::SelectorOperator;

const Labels kLabels{{"policy", "web"}, {"horizon-seconds", "300"}, {"example.com/tier", ""}};

bool selects(const char* text) {
  const auto selector = parse_label_selector(text);
  REQUIRE(selector);
  return selector->matches(kLabels);
}

} // namespace

TEST_CASE("a selector is read as Kubernetes reads it") {
  for (const char* text :
       {"", "  ", "policy", "policy=web", "policy==web", " policy = web ", "policy!=api",
        "policy in (api,web)", "policy in ( web )", "policy notin (api)", "missing!=x", "!missing",
        "missing notin (x)", "horizon-seconds>299", "horizon-seconds<301",
        "example.com/tier=", "example.com/tier in ()", "policy,horizon-seconds=300",
        "policy=web,!missing,horizon-seconds"}) {
    CAPTURE(text);
    CHECK(selects(text));
  }
  for (const char* text :
       {"missing", "policy=api", "policy!=web", "!policy", "policy notin (web)", "policy in (api)",
        "policy in ()", "horizon-seconds>300", "policy>1", "policy=web,missing"}) {
    CAPTURE(text);
    CHECK_FALSE(selects(text));
  }
}

TEST_CASE("words that are operators elsewhere may be keys and values") {
  const auto selector = parse_label_selector("in in (notin,in)");
  REQUIRE(selector);
  REQUIRE(selector->requirements.size() == 1);
  CHECK(selector->requirements[0].key == "in");
  CHECK(selector->requirements[0].op == SelectorOperator::In);
  CHECK(selector->requirements[0].values == std::vector<std::string>{"notin", "in"});
}

TEST_CASE("what is no selector is refused, never read as another one") {
  for (const char* text : {",",
                           "policy,",
                           ",policy",
                           "policy=web,,x",
                           "=web",
                           "!",
                           "!policy=web",
                           "policy web",
                           "policy in web",
                           "policy in (web",
                           "policy in web)",
                           "policy in (web))",
                           "policy in (a b)",
                           "policy=(web)",
                           "policy=!web",
                           "policy=a=b",
                           "policy>web",
                           "policy>",
                           "policy<+1",
                           "-policy",
                           "policy-",
                           "a/b/c",
                           "/policy",
                           "UPPER.example/x",
                           "policy=-web",
                           "policy=we/b",
                           "p\xC3\xB6l",
                           "policy=\x01"}) {
    CAPTURE(text);
    CHECK(parse_label_selector(text).error().code == Code::Invalid);
  }
}

TEST_CASE("a selector has a length, a number of requirements and of values that it may not pass") {
  const std::string key(63, 'k');
  CHECK(parse_label_selector(key));
  CHECK_FALSE(parse_label_selector(key + "k"));
  CHECK(parse_label_selector("a=" + key));
  CHECK_FALSE(parse_label_selector("a=" + key + "k"));
  CHECK(parse_label_selector(std::string(kSelectorBytesMax, ' ')));
  CHECK(parse_label_selector(std::string(kSelectorBytesMax + 1, ' ')).error().code ==
        Code::TooLarge);
  std::string many = "a";
  for (std::size_t i = 1; i < kSelectorRequirementsMax; ++i)
    many += ",a";
  CHECK(parse_label_selector(many));
  CHECK(parse_label_selector(many + ",a").error().code == Code::TooLarge);
  std::string values = "v";
  for (std::size_t i = 1; i < kSelectorValuesMax; ++i)
    values += ",v";
  CHECK(parse_label_selector("a in (" + values + ")"));
  CHECK(parse_label_selector("a in (" + values + ",v)").error().code == Code::TooLarge);
}

TEST_CASE("a selector that is written and read again is the same") {
  for (const char* text : {"a", "!a", "a=b", "a!=b", "a in (b,c)", "a notin (b)", "a>1,b<2",
                           "a=", "a in ()", "x.y/z=q,!b"}) {
    CAPTURE(text);
    const auto once = parse_label_selector(text);
    REQUIRE(once);
    const auto twice = parse_label_selector(text_of(*once));
    REQUIRE(twice);
    CHECK(*twice == *once);
  }
}

} // namespace berth::analyzer
