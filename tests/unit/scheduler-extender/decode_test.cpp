#include <catch2/catch.hpp>

#include "scheduler-extender/decode.hpp"

using namespace berth;
using namespace berth::extender;

namespace {

const std::string kPod = R"({"metadata":{"name":"p","namespace":"ns","uid":"u-1"},"spec":{}})";

std::string args(const std::string& rest) {
  return R"({"Pod":)" + kPod + "," + rest + "}";
}

Result<PlacementRequest> placement(Decoder& decoder, std::string body) {
  static std::string kept; // the request views it
  kept = std::move(body);
  return decoder.placement(kept);
}

std::string error_of(const auto& result) {
  return result ? "" : result.error().message;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("ExtenderArgs with names are read, whatever stands beside them") {
  Decoder decoder;
  const auto request = placement(
      decoder, args(R"("Nodes":null,"NodeNames":["n1","n\u00fc2"],"Future":{"x":[1,{"y":null}]})"));
  REQUIRE(request);
  CHECK(request->pod->meta.name == "p");
  CHECK(request->pod->view.uid == PodUid("u-1"));
  CHECK_FALSE(request->has_whole_nodes);
  REQUIRE(request->node_names.size() == 2);
  CHECK(request->node_names[0] == "n1");
  CHECK(request->node_names[1] == "n\xC3\xBC"
                                  "2");
}

TEST_CASE("the fields' names are taken in any case, as Go does") {
  Decoder decoder;
  const auto request =
      placement(decoder, R"({"pod":)" + kPod + R"(,"nodenames":["n1"],"NODES":null})");
  REQUIRE(request);
  CHECK(request->node_names.size() == 1);
}

TEST_CASE("null or absent names are none") {
  Decoder decoder;
  for (const char* rest : {R"("NodeNames":null)", R"("NodeNames":[])", R"("Nodes":null)"}) {
    const auto request = placement(decoder, args(rest));
    REQUIRE(request);
    CHECK(request->node_names.empty());
    CHECK_FALSE(request->has_whole_nodes);
  }
}

TEST_CASE("whole Node objects are noticed, and names beside them win as in the scheduler") {
  Decoder decoder;
  CHECK(placement(decoder, args(R"("Nodes":{"items":[]},"NodeNames":null)"))->has_whole_nodes);
  CHECK_FALSE(
      placement(decoder, args(R"("Nodes":{"items":[]},"NodeNames":["n1"])"))->has_whole_nodes);
}

TEST_CASE("requests that cannot be read say where") {
  struct Row {
    std::string body;
    std::string error;
  };
  const auto row = GENERATE(values<Row>({
      {"", "not JSON"},
      {"{", "not JSON"},
      {"null", "must be an object"},
      {"[]", "must be an object"},
      {"{}", "Pod: is missing"},
      {R"({"Pod":null,"NodeNames":[]})", "Pod: is missing"},
      {R"({"Pod":"p","NodeNames":[]})", "Pod: must be an object"},
      {R"({"Pod":{"metadata":{}},"NodeNames":[]})", "Pod: metadata: "},
      {args(R"("NodeNames":"n1")"), "NodeNames: must be a list"},
      {args(R"("NodeNames":{"n1":1})"), "NodeNames: must be a list"},
      {args(R"("NodeNames":[1])"), "NodeNames: must be a string"},
      {args(R"("NodeNames":["n1",null])"), "NodeNames: must be a string"},
      {args(R"("NodeNames":[""])"), "NodeNames: must have 1 to 253 bytes"},
      {args(R"("NodeNames":["n1","n2","n1"])"), "n1: the node is named twice"},
      {args(R"("NodeNames":[],"NodeNames":[])"), "NodeNames: appears twice"},
      {args(R"("NodeNames":[],"nodenames":[])"), "nodenames: appears twice"},
      {args(R"("X":[{"a":{"k":1,"j":2,"k":1}}])"), "k: appears twice"},
      {args(R"("NodeNames":[]) ") + "x", "not JSON"},
      {args(R"("NodeNames":[])") +
           args(R"("NodeNames":[])"),
       "not JSON"},
      {args(R"("NodeNames":["\ud800"])"), "not JSON"},
      {args("\"NodeNames\":[\"\xFF\"]"), "not JSON"},
      {args(R"("X":1e999)"), "not JSON"},
      {args(R"("X":NaN)"), "not JSON"},
      {"\xEF\xBB\xBF" + args(R"("NodeNames":[])"), "not JSON"},
  }));
  Decoder decoder;
  const auto request = placement(decoder, row.body);
  INFO(row.body);
  REQUIRE_FALSE(request);
  CHECK(request.error().code == Code::Invalid);
  CHECK_THAT(request.error().message, Catch::StartsWith(row.error));
}

TEST_CASE("names are at most as long as Kubernetes allows") {
  Decoder decoder;
  const auto with_name = [](std::size_t bytes) {
    return args(R"("NodeNames":[")" + std::string(bytes, 'n') + "\"]");
  };
  CHECK(placement(decoder, with_name(253)));
  CHECK_FALSE(placement(decoder, with_name(254)));
}

TEST_CASE("nesting is bounded") {
  Decoder decoder;
  CHECK(placement(decoder, args("\"X\":" + nested(62))));
  CHECK_FALSE(placement(decoder, args("\"X\":" + nested(65))));
  CHECK_FALSE(placement(decoder, args("\"X\":" + nested(100'000))));
}

TEST_CASE("a body of the largest size is read, one byte more is too large") {
  Decoder decoder;
  const std::string frame = args(R"("X":"")");
  const auto body_of = [&](std::size_t bytes) {
    return args(R"("X":")" + std::string(bytes - frame.size(), 'x') + "\"");
  };
  CHECK(placement(decoder, body_of(kBodyBytesMax)));
  const auto refused = placement(decoder, body_of(kBodyBytesMax + 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::TooLarge);
  CHECK(placement(decoder, args(R"("NodeNames":["n1"])"))); // and it goes on
}

TEST_CASE("50,000 names are read, more than 100,000 are refused") {
  const auto names = [](int count) {
    std::string list = R"("NodeNames":[)";
    for (int i = 0; i < count; ++i)
      list += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\"";
    return args(list + "]");
  };
  Decoder decoder;
  CHECK(placement(decoder, names(50'000))->node_names.size() == 50'000);
  CHECK(error_of(placement(decoder, names(100'001))) == "NodeNames: names more than 100000 nodes");
}

TEST_CASE("ExtenderPreemptionArgs are read in the Meta form") {
  Decoder decoder;
  std::string body = args(
      R"("NodeNameToVictims":null,"NodeNameToMetaVictims":{)"
      R"("n1":{"Pods":[{"UID":"a"},{"UID":"b"}],"NumPDBViolations":1},"n2":{"Pods":null},"n3":{}})");
  const auto request = decoder.preempt(body);
  REQUIRE(request);
  REQUIRE(request->nodes.size() == 3);
  CHECK(request->nodes[0] == NodeVictims{"n1", {"a", "b"}, 1});
  CHECK(request->nodes[1] == NodeVictims{"n2", {}, 0});
  CHECK(request->nodes[2] == NodeVictims{"n3", {}, 0});
}

TEST_CASE("preemption requests that cannot be read say where") {
  struct Row {
    const char* rest;
    const char* error;
  };
  const auto row = GENERATE(values<Row>({
      {R"("NodeNameToVictims":{"n1":{"Pods":[]}})", "whole objects were sent"},
      {R"("NodeNameToMetaVictims":[])", "NodeNameToMetaVictims: must be an object"},
      {R"("NodeNameToMetaVictims":{"":{}})", "NodeNameToMetaVictims: has a key"},
      {R"("NodeNameToMetaVictims":{"n1":null})", "n1: must be an object"},
      {R"("NodeNameToMetaVictims":{"n1":{},"n1":{}})", "n1: appears twice"},
      {R"("NodeNameToMetaVictims":{"n1":{"Pods":[null]}})", "n1: must be an object"},
      {R"("NodeNameToMetaVictims":{"n1":{"Pods":[{}]}})", "n1: is missing"},
      {R"("NodeNameToMetaVictims":{"n1":{"Pods":[{"UID":""}]}})", "n1: must have 1 to 128 bytes"},
      {R"("NodeNameToMetaVictims":{"n1":{"Pods":[{"UID":7}]}})", "n1: must be a string"},
      {R"("NodeNameToMetaVictims":{"n1":{"NumPDBViolations":-1}})",
       "n1: NumPDBViolations: must not be negative"},
      {R"("NodeNameToMetaVictims":{"n1":{"NumPDBViolations":1.5}})", "n1: must be a whole number"},
      {R"("NodeNameToMetaVictims":{"n1":{"NumPDBViolations":9223372036854775808}})",
       "n1: must be a whole number"},
  }));
  Decoder decoder;
  std::string body = args(row.rest);
  const auto request = decoder.preempt(body);
  INFO(row.rest);
  REQUIRE_FALSE(request);
  CHECK_THAT(request.error().message, Catch::StartsWith(row.error));
}

TEST_CASE("ExtenderBindingArgs are read, and each field must be there") {
  Decoder decoder;
  std::string body = R"({"PodName":"p","PodNamespace":"ns","PodUID":"u","Node":"n"})";
  CHECK(*decoder.bind(body) == BindRequest{"ns", "p", "u", "n"});
  for (const std::string field : {"PodName", "PodNamespace", "PodUID", "Node"}) {
    std::string missing = body;
    missing.replace(missing.find(field), field.size(), "Other");
    CHECK(error_of(decoder.bind(missing)) == field + ": is missing");
    std::string empty = body;
    const std::size_t value = empty.find(field) + field.size() + 3;
    empty.erase(value, empty.find('"', value) - value);
    CHECK_THAT(error_of(decoder.bind(empty)), Catch::StartsWith(field + ": must have 1 to "));
  }
}
