#include "lib/api/json.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

} // namespace

TEST_CASE("a document is read with all its values in place") {
  const auto parsed =
      parse_json(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {"c": {}, "d": [[], {"e": 1}]}})");
  REQUIRE(parsed);
  CHECK(to_text(*parsed) == R"({"a":[1,-2,3.5,true,null,"x"],"b":{"c":{},"d":[[],{"e":1}]}})");
}

TEST_CASE("a scalar is a document too") {
  CHECK(parse_json("7")->get<int>() == 7);
  CHECK(parse_json("\"x\"")->get<std::string>() == "x");
  CHECK(parse_json(" null ")->is_null());
}

TEST_CASE("nesting is allowed up to the limit and refused above it") {
  CHECK(parse_json(nested(64)));
  const auto refused = parse_json(nested(65));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Invalid);
  CHECK(refused.error().message == "not JSON: nested deeper than 64 levels");
  CHECK_FALSE(parse_json(nested(100'000)));
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST_CASE("a key that appears twice in one object is refused") {
  const auto refused = parse_json(R"({"a": {"uid": 1, "name": 2, "uid": 3}})");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "not JSON: the key \"uid\" appears twice");
  CHECK_FALSE(parse_json("{\"a\": 1, \"\\u0061\": 2}"));
  CHECK(parse_json(R"([{"a": 1}, {"a": 2}])"));
}

TEST_CASE("text longer than the limit is refused and text of exactly the limit is not") {
  const JsonLimits limits{.text_bytes_max = 8, .depth_max = 64};
  CHECK(parse_json(R"("123456")", limits));
  const auto refused = parse_json(R"("1234567")", limits);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::TooLarge);
}

TEST_CASE("what is not exactly one document is refused") {
  const std::string_view text =
      GENERATE(as<std::string_view>{}, "", " ", "{", "[1,", "{} {}", "{}x", "[1] 2", "nul",
               "{\"a\"}", "{\"a\":1,}", "[1,]", "01", "+1", "1.", ".5", "NaN", "Infinity", "1e400",
               "-1e400", "'a'", "\"\\x\"", "\"a\nb\"", "\"\\ud800\"", "\"\xff\"",
               "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "// {}\n{}", "/* */ 1", "\"open");
  CAPTURE(text);
  const auto refused = parse_json(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Invalid);
}

TEST_CASE("a syntax error says where it is") {
  const auto refused = parse_json("{\n  \"a\": 1,\n  \"b\": }");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("line 3, column 8") != std::string::npos);
}

TEST_CASE("integers keep their value to the ends of 64 bits") {
  CHECK(parse_json("9223372036854775807")->get<std::int64_t>() == INT64_MAX);
  CHECK(parse_json("-9223372036854775808")->get<std::int64_t>() == INT64_MIN);
  CHECK(parse_json("18446744073709551615")->get<std::uint64_t>() == UINT64_MAX);
  CHECK(parse_json("18446744073709551616")->is_number_float());
}

TEST_CASE("a million empty objects are read within the limit of the text") {
  std::string text = "[";
  for (int i = 0; i < 1'000'000; ++i)
    text += "{},";
  text.back() = ']';
  const auto parsed = parse_json(text);
  REQUIRE(parsed);
  CHECK(parsed->size() == 1'000'000);
}

TEST_CASE("text that is not UTF-8 is written with replacement characters") {
  CHECK(to_text(Json("a\xff"
                     "b")) == "\"a\xef\xbf\xbd"
                              "b\"");
}

} // namespace berth::api
