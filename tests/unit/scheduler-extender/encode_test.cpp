#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "lib/api/json.hpp"
#include "scheduler-extender/encode.hpp"

using namespace berth::extender;
using berth::Reason;

namespace {

const std::vector<std::string_view> kNames{"n1", "n2", "n3"};

} // namespace

TEST_CASE(
    "a filter's answer has the exact names, the passed nodes in order, a reason for the rest") {
  FilterResult result;
  result.passed = {2, 0};
  result.refused = {{1, Reason::NodeReserved, false}};
  CHECK(encode(result, kNames) ==
        R"({"Nodes":null,"NodeNames":["n3","n1"],"FailedNodes":{"n2":"NodeReserved"},)"
        R"("FailedAndUnresolvableNodes":{},"Error":""})");
}

TEST_CASE("nodes where preemption cannot help are told apart") {
  FilterResult result;
  result.refused = {{0, Reason::InsufficientNodeResources, false},
                    {1, Reason::NodeNotInPool, true},
                    {2, Reason::NotAdmitted, true}};
  CHECK(encode(result, kNames) ==
        R"({"Nodes":null,"NodeNames":[],"FailedNodes":{"n1":"InsufficientNodeResources"},)"
        R"("FailedAndUnresolvableNodes":{"n2":"NodeNotInPool","n3":"NotAdmitted"},"Error":""})");
}

TEST_CASE("N3: each of thousands of refused nodes has its reason, also where one passes") {
  constexpr std::size_t kRefused = 5000;
  std::vector<std::string> texts;
  FilterResult result;
  for (Position i = 0; i <= kRefused; ++i)
    texts.push_back("n" + std::to_string(i));
  for (Position i = 1; i <= kRefused; ++i)
    result.refused.push_back({i, Reason::PreferredElsewhere, true});
  const std::vector<std::string_view> names(texts.begin(), texts.end());
  const auto told = [&] {
    return berth::api::parse_json(encode(result, names))->at("FailedAndUnresolvableNodes").size();
  };
  CHECK(told() == kRefused);
  result.passed = {0};
  CHECK(told() == kRefused);
}

TEST_CASE("NodeNames is never null where there is no error, even if nothing was asked") {
  CHECK(encode(FilterResult{}, {}).find(R"("NodeNames":[])") != std::string::npos);
}

TEST_CASE("an error is all that an answer with one says") {
  FilterResult result;
  result.error = "say \"no\"\n";
  CHECK(encode(result, kNames) ==
        R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,)"
        R"("Error":"say \"no\"\u000a"})");
}

TEST_CASE("whatever is in a name, the other parser of the house reads it back") {
  CHECK(rc::check([] {
    const auto codes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 128));
    const std::string name(codes.begin(), codes.end());
    const std::vector<std::string_view> names{name};
    FilterResult result;
    result.passed = {0};
    const auto answer = berth::api::parse_json(encode(result, names));
    RC_ASSERT(answer.has_value());
    RC_ASSERT(answer->at("NodeNames").at(0) == name);
  }));
}

TEST_CASE("names are escaped as JSON demands") {
  const std::vector<std::string_view> names{"a\"b\\c\x01", "\xC3\xA4"};
  FilterResult result;
  result.passed = {0, 1};
  CHECK(encode(result, names).find("[\"a\\\"b\\\\c\\u0001\",\"\xC3\xA4\"]") != std::string::npos);
}

TEST_CASE("a long error is cut between characters") {
  std::string error(kErrorBytesMax - 1, 'x');
  error += "\xC3\xA4";
  const std::string answer = encode(BindResult{error});
  CHECK(answer == R"({"Error":")" + std::string(kErrorBytesMax - 1, 'x') + "\"}");
}

TEST_CASE("an answer that would be too long becomes an error") {
  const std::string name(250, 'n');
  const std::vector<std::string_view> names(70'000, name);
  FilterResult result;
  for (Position i = 0; i < names.size(); ++i)
    result.passed.push_back(i);
  const std::string answer = encode(result, names);
  CHECK(answer.size() < 1024);
  CHECK(answer.find(R"("Error":"the answer is too large)") != std::string::npos);
}

TEST_CASE("scores are a bare list with every host") {
  const std::vector<HostScore> scores{{0, 10}, {1, 0}, {2, 4}};
  CHECK(encode(scores, kNames) ==
        R"([{"Host":"n1","Score":10},{"Host":"n2","Score":0},{"Host":"n3","Score":4}])");
  CHECK(encode(std::vector<HostScore>{}, {}) == "[]");
}

TEST_CASE("a preemption's answer has victims by UID and nothing that is null") {
  PreemptResult result;
  result.nodes = {{"n1", {"u1", "u2"}, 1}, {"n2", {"u3"}, 0}};
  CHECK(
      encode(result) ==
      R"({"NodeNameToMetaVictims":{"n1":{"Pods":[{"UID":"u1"},{"UID":"u2"}],"NumPDBViolations":1},)"
      R"("n2":{"Pods":[{"UID":"u3"}],"NumPDBViolations":0}}})");
  CHECK(encode(PreemptResult{}) == R"({"NodeNameToMetaVictims":{}})");
}

TEST_CASE("a binding's answer is its error, empty when bound") {
  CHECK(encode(BindResult{}) == R"({"Error":""})");
  CHECK(encode(BindResult{"Conflict: bound to n2"}) == R"({"Error":"Conflict: bound to n2"})");
}

TEST_CASE("names that are copied from the request's own text are written as they are one by one") {
  const std::string text = R"(["n1","node-2","n3","n4","a.b.c"])";
  std::vector<std::string_view> names;
  for (const char* name : {"n1", "node-2", "n3", "n4", "a.b.c"})
    names.push_back(std::string_view(text).substr(text.find(name), std::string_view(name).size()));
  const auto passed = GENERATE(values<std::vector<Position>>({
      {},
      {0},
      {4},
      {0, 1, 2, 3, 4},
      {1, 2, 4},
      {0, 2, 3},
      {3, 1, 2},
      {4, 3, 2, 1, 0},
  }));
  FilterResult result;
  result.passed = passed;
  CHECK(encode(result, names, text) == encode(result, names));
}
