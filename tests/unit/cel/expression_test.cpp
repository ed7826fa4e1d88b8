#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "lib/cel/expression.hpp"

using namespace berth;
using namespace berth::cel;

namespace {

const Schema kPod{"pod",
                  {{"name", Type::String},
                   {"serviceAccount", Type::String},
                   {"priority", Type::Int},
                   {"gated", Type::Bool},
                   {"labels", Type::Strings},
                   {"requests", Type::Ints}}};

const std::vector<std::pair<std::string, std::string>> kLabels{
    {"app", "web"}, {"berth.dev/team", "red"}, {"empty", ""}};
const std::vector<std::pair<std::string, std::int64_t>> kRequests{{"cpu", 1500},
                                                                  {"nvidia.com/gpu", 2}};

std::vector<Value> fields() {
  return {std::string_view("web-1"), std::string_view(), std::int64_t{-5}, true,
          StringMap(kLabels),        IntMap(kRequests)};
}

/// "true", "false", or what evaluation fails with.
std::string outcome(std::string_view text) {
  const auto expression = Expression::compile(text, kPod);
  if (!expression)
    return "does not compile: " + expression.error().message;
  const auto value = expression->evaluate(fields());
  if (!value)
    return value.error().message;
  return *value ? "true" : "false";
}

std::string fault(std::string_view text) {
  const auto expression = Expression::compile(text, kPod);
  return expression ? "compiles" : expression.error().message;
}

struct Case {
  const char* text;
  const char* outcome;
};

void check_all(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(outcome(one.text) == one.outcome);
  }
}

} // namespace

TEST_CASE("an expression compares fields with literals") {
  check_all({{"true", "true"},
             {"false", "false"},
             {"pod.gated", "true"},
             {"!pod.gated", "false"},
             {"!!pod.gated", "true"},
             {"pod.name == 'web-1'", "true"},
             {"pod.name == \"web-1\"", "true"},
             {"pod.name != 'web-1'", "false"},
             {"pod.name < 'web-2'", "true"},
             {"pod.priority == -5", "true"},
             {"pod.priority < 0", "true"},
             {"pod.priority <= -5", "true"},
             {"pod.priority > -5", "false"},
             {"pod.priority >= -5", "true"},
             {"pod.priority > -9223372036854775808", "true"},
             {"pod.gated == true", "true"},
             {"'it\\'s' == \"it's\"", "true"},
             {"'a\\\\b\\n' == 'a\\\\b\\n'", "true"}});
}

TEST_CASE("a map is read by key, by field and with in") {
  check_all({{"pod.labels['berth.dev/team'] == 'red'", "true"},
             {"pod.labels.app == 'web'", "true"},
             {"pod.labels[pod.labels.app] == 'web'", "column 11: there is no key 'web'"},
             {"'app' in pod.labels", "true"},
             {"'team' in pod.labels", "false"},
             {"pod.requests['nvidia.com/gpu'] >= 2", "true"},
             {"pod.requests.cpu == 1500", "true"},
             {"'memory' in pod.requests", "false"},
             {"pod.labels['team'] == 'red'", "column 11: there is no key 'team'"},
             {"pod.labels.team == 'red'", "column 12: there is no key 'team'"}});
}

TEST_CASE("has() says whether a field is there and never fails") {
  check_all({{"has(pod.labels.app)", "true"},
             {"has(pod.labels.empty)", "true"},
             {"has(pod.labels.team)", "false"},
             {"has(pod.name)", "true"},
             {"has(pod.serviceAccount)", "false"},
             {"has(pod.priority)", "true"},
             {"has(pod.requests.memory)", "false"}});
}

TEST_CASE("a value is looked for in a list") {
  check_all({{"pod.name in ['web-0', 'web-1']", "true"},
             {"pod.name in ['web-0',]", "false"},
             {"pod.name in []", "false"},
             {"pod.priority in [1, -5]", "true"},
             {"!(pod.name in ['web-1'])", "false"},
             {"pod.name in [pod.labels.app, pod.name]", "true"},
             {"pod.name in [pod.name, pod.labels.gone]", "column 35: there is no key 'gone'"}});
}

TEST_CASE("texts are matched by their beginning, their end and a part") {
  check_all({{"pod.name.startsWith('web-')", "true"},
             {"pod.name.endsWith('-2')", "false"},
             {"pod.labels['berth.dev/team'].contains('e')", "true"},
             {"'web'.contains('')", "true"},
             {"pod.name.startsWith(pod.labels.app)", "true"}});
}

TEST_CASE("operators bind as in CEL") {
  check_all({{"true || false && false", "true"},
             {"(true || false) && false", "false"},
             {"!false && true", "true"},
             {"1 < 2 && 'a' < 'b'", "true"},
             {"false ? false : true ? true : false", "true"},
             {"true ? pod.priority == -5 : false", "true"},
             {"(1 == 2) == false", "true"},
             {"  true\n&&\ttrue ", "true"}});
}

TEST_CASE("an error on one side of && and || is passed over where the other side decides") {
  check_all({{"pod.labels.x == 'a' || true", "true"},
             {"true || pod.labels.x == 'a'", "true"},
             {"pod.labels.x == 'a' && false", "false"},
             {"false && pod.labels.x == 'a'", "false"},
             {"false || pod.labels.x == 'a' || true", "true"},
             {"pod.labels.x == 'a' || false", "column 12: there is no key 'x'"},
             {"pod.labels.x == 'a' && true", "column 12: there is no key 'x'"},
             {"pod.labels.x == 'a' || pod.labels.y == 'b'", "column 12: there is no key 'x'"},
             {"!(pod.labels.x == 'a')", "column 14: there is no key 'x'"},
             {"pod.labels.x == 'a' ? true : true", "column 12: there is no key 'x'"},
             {"true ? true : pod.labels.x == 'a'", "true"}});
}

TEST_CASE("what does not compile is named with its column") {
  const std::vector<Case> cases{
      {"", "column 1: expected a value, found the end"},
      {"pod.nme == 'a'",
       "column 5: unknown field pod.nme; there are pod.name, pod.serviceAccount, pod.priority, "
       "pod.gated, pod.labels, pod.requests"},
      {"node.name == 'a'", "column 1: unknown name node; there is pod"},
      {"pod == 'a'", "column 1: pod needs a field: pod.name, pod.serviceAccount, pod.priority, "
                     "pod.gated, pod.labels, pod.requests"},
      {"pod.name.matches('a+')", "column 10: unknown function matches(); there are has(), "
                                 "startsWith(), endsWith() and contains()"},
      {"size(pod.name) > 1", "column 1: unknown function size(); there are has(), startsWith(), "
                             "endsWith() and contains()"},
      {"pod.name", "column 5: the expression must be a bool, not a string"},
      {"pod.priority == 'a'", "column 14: int cannot be compared with string"},
      {"pod.labels == pod.labels",
       "column 12: values of type map(string, string) have no equality here"},
      {"true < false", "column 6: values of type bool have no order here"},
      {"pod.priority && true", "column 5: expected bool, found int"},
      {"pod.name[1] == 'a'", "column 9: string cannot be indexed; only maps can"},
      {"pod.labels[1] == 'a'", "column 12: a key must be a string, not int"},
      {"pod.name.length == 1", "column 10: string has no field length"},
      {"1 + 1 == 2", "column 3: '+' has no meaning here"},
      {"2 - 1 == 1", "column 3: expected an operator, found '-'"},
      {"-pod.priority == 5",
       "column 1: arithmetic is not supported; '-' stands before a number only"},
      {"1.5 < 2", "column 1: only whole decimal numbers are supported"},
      {"0x10 == 16", "column 1: only whole decimal numbers are supported"},
      {"1u == 1", "column 1: only whole decimal numbers are supported"},
      {"9223372036854775808 > 1", "column 1: the number does not fit 64 bits"},
      {"null == null", "column 1: 'null' cannot stand for a value here"},
      {"'abc", "column 1: the text has no closing quote"},
      {"'a\\q'", R"(column 3: only \\, \', \", \n and \t may follow a backslash)"},
      {"'''a''' == 'a'", "column 1: texts in three quotes are not supported"},
      {"(true", "column 6: expected ')', found the end"},
      {"true)", "column 5: expected an operator, found ')'"},
      {"true true", "column 6: expected an operator, found 'true'"},
      {"1 < 2 < 3", "column 7: comparisons in a row need parentheses"},
      {"[1] == [1]", "column 1: a list can only stand to the right of 'in'"},
      {"pod.name in [1]", "column 14: the list must hold values of type string, not int"},
      {"1 in pod.labels", "column 3: 'in' needs a list, or a map and a string as its key"},
      {"has('a')", "column 1: has() takes a field, as in has(pod.labels.app)"},
      {"has(pod.nme)",
       "column 9: unknown field pod.nme; there are pod.name, pod.serviceAccount, pod.priority, "
       "pod.gated, pod.labels, pod.requests"},
      {"true ? 1 : 'a'", "column 6: both sides of ':' must have the same type"},
      {"1 ? true : false", "column 3: what stands before '?' must be a bool"},
      {"true ? false", "column 13: expected ':', found the end"},
      {"pod. == 1", "column 6: expected a field after '.', found '=='"},
      {"pod.labels.exists(l, true)", "column 12: unknown function exists(); there are has(), "
                                     "startsWith(), endsWith() and contains()"},
      {"true & false", "column 6: '&' has no meaning here"},
      {"\x01", "column 1: a character outside of texts that has no meaning"}};
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(fault(one.text) == one.outcome);
  }
}

TEST_CASE("an expression is bounded in bytes, depth and parts") {
  const auto repeated = [](std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
      text += part;
    return text;
  };
  CHECK(fault("'" + std::string(1024, 'a') + "' == ''") ==
        "column 1025: the expression is longer than 1024 bytes");
  CHECK(fault(repeated("(", 31) + "true" + repeated(")", 31)).find("nested more than 32 deep") !=
        std::string::npos);
  CHECK(outcome(repeated("(", 10) + "true" + repeated(")", 10)) == "true");
  CHECK(fault(repeated("!", 100) + "true").find("nested more than 32 deep") != std::string::npos);
  CHECK(fault("pod.labels" + repeated(".a", 40) + " == 'x'").find("nested more than 32 deep") !=
        std::string::npos);
  CHECK(fault("pod.priority in [" + repeated("1,", 500) + "1]") == "compiles");
  Limits few;
  few.nodes_max = 5;
  CHECK(Expression::compile("true && true && true", kPod, few).has_value());
  CHECK(Expression::compile("true && true && true && true && true", kPod, few).error().message ==
        "column 6: the expression has more than 5 parts");
}

TEST_CASE("an evaluation that costs too much fails, whatever the texts are") {
  const std::string long_text(1'000'000, 'x');
  auto values = fields();
  values[0] = std::string_view(long_text);
  const auto expression = Expression::compile("pod.name.contains('xy')", kPod);
  REQUIRE(expression);
  CHECK(expression->evaluate(values).error().message ==
        "column 10: the evaluation takes more than 10000 steps");
}

TEST_CASE("an expression knows which fields it reads") {
  const auto expression = Expression::compile("has(pod.labels.app) && pod.priority > 1", kPod);
  REQUIRE(expression);
  CHECK(expression->reads(2));
  CHECK(expression->reads(4));
  CHECK_FALSE(expression->reads(0));
  CHECK_FALSE(expression->reads(5));
}
