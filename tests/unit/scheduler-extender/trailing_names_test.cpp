// The names at the end of a request, read without a parser: never other than with one.
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/trailing_names.hpp"

using namespace berth;
using namespace berth::extender;

namespace {

const std::string kPod = R"({"metadata":{"name":"p","namespace":"ns","uid":"u-1"},"spec":{}})";

/// What a decoder makes of the body: the names, or the error (not which rule of JSON was broken).
std::string decoded(std::string body) {
  Decoder decoder;
  const auto request = decoder.placement(body);
  if (!request && request.error().message.starts_with("not JSON"))
    return "error: not JSON";
  if (!request)
    return "error: " + request.error().message;
  std::string text = request->has_whole_nodes ? "whole nodes:" : "names:";
  for (const std::string_view name : request->node_names)
    text += " " + std::string(name);
  return text;
}

bool is_read_without_parser(const std::string& body) {
  std::vector<std::string_view> names;
  return read_trailing_names(body, names).has_value();
}

/// The same JSON in another writing, which is left to the parser.
std::string with_a_space(std::string body) {
  body.insert(body.size() - 1, " ");
  return body;
}

} // namespace

TEST_CASE("names as kube-scheduler writes them are read without a parser") {
  const auto rest = GENERATE(values<std::string>({
      R"("Nodes":null,"NodeNames":["n1"]})",
      R"("Nodes":null,"NodeNames":["ip-10-0-0-1.eu-central-1.compute.internal","n2","12345678"]})",
  }));
  const std::string body = R"({"Pod":)" + kPod + "," + rest;
  CHECK(is_read_without_parser(body));
  CHECK(decoded(body) == decoded(with_a_space(body)));
  CHECK_THAT(decoded(body), Catch::StartsWith("names: "));
  Decoder decoder;
  std::string sent = body;
  CHECK(decoder.placement(sent)->names_text ==
        rest.substr(rest.find('['), rest.size() - rest.find('[') - 1));
  sent = with_a_space(body);
  CHECK(decoder.placement(sent)->names_text.empty());
}

TEST_CASE("what could be meant otherwise is left to the parser") {
  const std::string head = R"({"Pod":)" + kPod;
  const auto body = GENERATE_COPY(values<std::string>({
      head + R"(,"NodeNames":[]})",
      head + R"(,"NodeNames":null})",
      head + R"(,"NodeNames":["n1"],"Nodes":null})",
      head + R"(,"NodeNames":["n1"] })",
      head + R"(,"NodeNames":["n1",]})",
      head + R"(,"NodeNames":["n1",""]})",
      head + R"(,"NodeNames":["n\u0031"]})",
      head + R"(,"NodeNames":["n\"1"]})",
      head + ",\"NodeNames\":[\"n\t1\"]}",
      head + ",\"NodeNames\":[\"n\xC3\xBC\"]}",
      head + R"(,"NodeNames":["n1"]}})",
      head + R"(,"NodeNames":["n1"]} )",
      head + R"(,"NodeNames":["n1"])",
      head + R"(,"NodeNames":["n1)",
      head + R"(,"NodeNames":[)",
      head + R"(,"x\"NodeNames":["n1"]})",
      R"("NodeNames":["n1"]})",
  }));
  CHECK_FALSE(is_read_without_parser(body));
}

TEST_CASE("a list that only looks like the names of the request is not taken for them") {
  const std::string head = R"({"Pod":)" + kPod;
  const auto row = GENERATE_COPY(values<std::pair<std::string, std::string>>({
      {head + R"(,"X":{"Y":1,"NodeNames":["n1"]})", "error: not JSON"},
      {head + R"(,"X":",\"NodeNames\":[\"n1\"]","NodeNames":["n2"]})", "names: n2"},
      {head + R"(,"X":{"Y":1,"NodeNames":["n1"]},"NodeNames":["n2"]})", "names: n2"},
      {head + R"(,"X":",)" + R"("NodeNames":["n1"]})", "error: not JSON"},
      {head + R"(,"nodenames":["n1"],"NodeNames":["n2"]})", "error: NodeNames: appears twice"},
      {head + R"(,"NodeNames":["n1"],"NodeNames":["n2"]})", "error: NodeNames: appears twice"},
      {head + R"(,"NodeNames":["n1","n2","n1"]})", "error: n1: the node is named twice"},
      {R"([{"NodeNames":["n1"]})", "error: not JSON"},
      {R"({"NodeNames":["n1"]})", "error: Pod: is missing"},
      {R"({"Pod":1,"NodeNames":["n1"]})", "error: Pod: must be an object"},
  }));
  INFO(row.first);
  CHECK_THAT(decoded(row.first), Catch::StartsWith(row.second));
}

TEST_CASE("whatever pieces a body is made of, the names are those that a parser finds") {
  CHECK(rc::check([] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        R"({"Pod":)" + kPod, R"({"X":)", R"("Nodes":null)", R"(,"NodeNames":["n1","n2"])",
        R"("NodeNames":[)", "\"n3\"", "]", "}", ",", "\"", "\\", "{", "[", "null", ":"));
    std::string body = R"({"Pod":)" + kPod;
    for (const std::string& piece : pieces)
      body += piece;
    body += *rc::gen::element<std::string>(R"(,"NodeNames":["n4","n5"]})", R"("NodeNames":["n6"]})",
                                           "]}", "}");
    RC_ASSERT(decoded(body) == decoded(with_a_space(body)));
  }));
}
