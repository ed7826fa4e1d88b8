#include <catch2/catch.hpp>

#include "lib/api/json.hpp"
#include "tests/unit/kube/client_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;
using Bench = ClientBench;

TEST_CASE("Client asks for an object with its token, its name and nothing else") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  REQUIRE(await(bench.executor, client.get(types::pod(), kPod)).value_or("") == "{}");
  const auto& request = bench.transport.requests.at(0);
  CHECK(request.method == "GET");
  CHECK(request.target == "/api/v1/namespaces/team-a/pods/web-0");
  CHECK(request.headers.find("authorization") == "Bearer token-0");
  CHECK(request.headers.find("user-agent") == "berth-test/1");
  CHECK(request.headers.find("accept") == "application/json");
}

TEST_CASE("Client writes queries for lists and watches as the API server reads them") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  bench.transport.on_open = [](const http::Request&) { return ScriptedStream{}; };
  ListOptions list;
  list.ns = "team-a";
  list.label_selector = "app in (a,b)";
  list.continue_token = "abc==";
  list.resource_version = "7";
  REQUIRE(await(bench.executor, client.list(types::pod(), list)));
  CHECK(bench.transport.requests.back().target ==
        "/api/v1/namespaces/team-a/pods?labelSelector=app%20in%20%28a%2Cb%29&limit=500"
        "&continue=abc%3D%3D");
  list.continue_token.clear();
  list.exact = true;
  REQUIRE(await(bench.executor, client.list(types::pod(), list)));
  CHECK(bench.transport.requests.back().target.ends_with(
      "&limit=500&resourceVersion=7&resourceVersionMatch=Exact"));
  WatchOptions watch;
  watch.send_initial_events = true;
  watch.timeout = 300500ms;
  REQUIRE(await(bench.executor, client.watch(types::quota(), watch)));
  CHECK(bench.transport.requests.back().target ==
        "/apis/berth.dev/v1alpha1/quotas?watch=1&allowWatchBookmarks=true&sendInitialEvents=true"
        "&resourceVersionMatch=NotOlderThan&timeoutSeconds=301");
}

TEST_CASE("Client sends nothing for a name that is not one path segment") {
  Bench bench;
  auto client = bench.client();
  const auto name = GENERATE(as<std::string>{}, "", ".", "..", "a/b", "a%2fb",
                             std::string("a\0b", 3), std::string(254, 'a'), "a\nb");
  const auto answer = await(bench.executor, client.get(types::pod(), {"team-a", name}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Invalid);
  const auto in_namespace = await(bench.executor, client.get(types::pod(), {name, "web-0"}));
  CHECK_FALSE(in_namespace);
  CHECK(bench.transport.requests.empty());
}

TEST_CASE("Client refuses a missing namespace and a superfluous one") {
  Bench bench;
  auto client = bench.client();
  CHECK_FALSE(await(bench.executor, client.get(types::pod(), {"", "web-0"})));
  CHECK_FALSE(await(bench.executor, client.get(types::node(), {"team-a", "n1"})));
  CHECK_FALSE(await(bench.executor, client.create(types::pod(), "", "{}")));
  CHECK(bench.transport.requests.empty());
}

TEST_CASE("Client tells the refusals of the API server apart") {
  struct Case {
    int http;
    const char* reason;
    Code code;
  };
  const auto given = GENERATE(
      Case{404, "NotFound", Code::NotFound}, Case{409, "AlreadyExists", Code::AlreadyExists},
      Case{409, "Conflict", Code::Conflict}, Case{409, "", Code::Conflict},
      Case{410, "Expired", Code::Gone}, Case{410, "Gone", Code::Gone}, Case{410, "", Code::Gone},
      Case{422, "Invalid", Code::Invalid}, Case{400, "BadRequest", Code::Invalid},
      Case{401, "Unauthorized", Code::Unauthorized}, Case{403, "Forbidden", Code::Forbidden},
      Case{413, "RequestEntityTooLarge", Code::TooLarge},
      Case{429, "TooManyRequests", Code::Throttled}, Case{500, "InternalError", Code::Internal},
      Case{500, "ServerTimeout", Code::Unavailable},
      Case{503, "ServiceUnavailable", Code::Unavailable}, Case{504, "Timeout", Code::Timeout},
      Case{418, "SomethingNew", Code::Invalid}, Case{599, "SomethingNew", Code::Internal});
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) {
    return json_response(given.http, status_json(given.http, given.reason, "because"));
  };
  const auto answer = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == given.code);
  CHECK(answer.error().message.starts_with("because"));
}

TEST_CASE("Client reports a page of HTML by its status and one safe line") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) {
    return http::Response{502, {}, "<html>\n<h1>Bad\tGateway</h1>" + std::string(5000, 'x')};
  };
  const auto answer = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Unavailable);
  CHECK(answer.error().message.starts_with("HTTP 502: <html> <h1>Bad Gateway</h1>"));
  CHECK(answer.error().message.size() < 200);
}

TEST_CASE("Client binds with the UID as precondition") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(201, "{}"); };
  REQUIRE(await(bench.executor, client.bind(kPod, "uid-1", "node-7")));
  const auto& request = bench.transport.requests.at(0);
  CHECK(request.target == "/api/v1/namespaces/team-a/pods/web-0/binding?fieldManager=berth-test");
  const auto body = api::parse_json(request.body);
  REQUIRE(body);
  CHECK(body->at("kind") == "Binding");
  CHECK(body->at("metadata").at("uid") == "uid-1");
  CHECK(body->at("target").at("name") == "node-7");
  bench.transport.on_send = [](const http::Request&) {
    return json_response(409, status_json(409, "Conflict", "already assigned"));
  };
  const auto again = await(bench.executor, client.bind(kPod, "uid-1", "node-7"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::Conflict);
  CHECK_FALSE(await(bench.executor, client.bind(kPod, "uid-1", "")));
}

TEST_CASE("Client deletes with the preconditions it was given and no others") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  REQUIRE(await(bench.executor, client.remove(types::pod(), kPod, {"uid-1", "12"})));
  CHECK(api::parse_json(bench.transport.requests[0].body)->at("preconditions") ==
        api::Json{{"uid", "uid-1"}, {"resourceVersion", "12"}});
  REQUIRE(await(bench.executor, client.remove(types::pod(), kPod, {})));
  CHECK_FALSE(api::parse_json(bench.transport.requests[1].body)->contains("preconditions"));
}

TEST_CASE("Client names itself as field manager and forces only an apply") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  WriteOptions options;
  options.subresource = "status";
  options.force = true;
  REQUIRE(await(bench.executor,
                client.patch(types::quota(), {"", "q"}, PatchType::Apply, "{}", options)));
  CHECK(bench.transport.requests[0].target ==
        "/apis/berth.dev/v1alpha1/quotas/q/status?fieldManager=berth-test&force=true");
  CHECK(bench.transport.requests[0].headers.find("content-type") == "application/apply-patch+yaml");
  REQUIRE(await(bench.executor,
                client.patch(types::pod(), kPod, PatchType::StrategicMerge, "{}", options)));
  CHECK(bench.transport.requests[1].target.find("force") == std::string::npos);
  CHECK(bench.transport.requests[1].headers.find("content-type") ==
        "application/strategic-merge-patch+json");
}

TEST_CASE("Client turns a refused watch into the server's own words") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_open = [](const http::Request&) {
    ScriptedStream stream;
    stream.status = 410;
    const auto text = status_json(410, "Expired", "too old resource version");
    stream.body.pieces = {text.substr(0, 20), text.substr(20)};
    return stream;
  };
  const auto watch = await(bench.executor, client.watch(types::pod(), {}));
  REQUIRE_FALSE(watch);
  CHECK(watch.error().code == Code::Gone);
  CHECK(watch.error().message == "too old resource version");
}

TEST_CASE("Client tells of every try, with or without an answer") {
  Bench bench;
  std::vector<std::optional<int>> statuses;
  bench.options.on_call = [&](const CallRecord& call) {
    CHECK(call.method == "GET");
    CHECK(call.duration == Duration{1});
    statuses.push_back(call.status);
  };
  auto client = bench.client();
  int calls = 0;
  bench.transport.on_send = [&](const http::Request&) -> Result<http::Response> {
    if (++calls == 1)
      return fail(Code::Unavailable, "refused");
    return json_response(200, "{}");
  };
  REQUIRE(await(bench.executor, client.get_raw("/version")));
  CHECK(statuses == std::vector<std::optional<int>>{std::nullopt, 200});
}
