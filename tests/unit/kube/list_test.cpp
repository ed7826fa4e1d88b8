#include <catch2/catch.hpp>

#include "tests/unit/kube/reflector_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

using Bench = ReflectorBench;

TEST_CASE("A reflector lists page by page, then watches from the list's version") {
  const auto parser = GENERATE(Parser::Simdjson, Parser::Nlohmann);
  Bench bench(parser);
  bench.transport.on_send = [](const http::Request& request) {
    const auto token = http::query_value(request.target, "continue");
    CHECK(http::query_value(request.target, "resourceVersion") == std::nullopt);
    if (token)
      return list_of("10", {{"b", "4"}});
    return list_of("10", {{"a", "3"}}, "more");
  };
  bench.transport.on_open = [](const http::Request&) {
    return stream_of({event_text("ADDED", {"c", "11"}), event_text("MODIFIED", {"a", "12", 7}),
                      event_text("DELETED", {"b", "13"})});
  };
  bench.start();
  CHECK_FALSE(bench.store.has_synced());
  bench.executor.run_for(1s);
  CHECK(bench.store.has_synced());
  CHECK(bench.names() == Names{"a@12", "c@11"});
  CHECK(bench.changes == Names{"+a", "+b", "synced", "+c", "~a", "-b"});
  CHECK(bench.watched_from() == "10");
}

TEST_CASE("Nothing shows before a list is complete") {
  Bench bench;
  bench.transport.on_send = [](const http::Request& request) -> Result<http::Response> {
    if (!http::query_value(request.target, "continue"))
      return list_of("10", {{"a", "3"}}, "more");
    return fail(Code::Unavailable, "refused");
  };
  bench.start();
  bench.executor.run_for(5min);
  CHECK(bench.names().empty());
  CHECK_FALSE(bench.store.has_synced());
  CHECK(bench.changes.empty());
}

TEST_CASE("A 410 between two pages starts over with one full list (F4)") {
  Bench bench;
  bench.transport.on_send = [](const http::Request& request) {
    if (http::query_value(request.target, "continue"))
      return json_response(410, R"({"kind":"Status","reason":"Expired","code":410})");
    if (http::query_value(request.target, "limit"))
      return list_of("10", {{"gone-since", "3"}}, "more");
    return list_of("20", {{"a", "15"}, {"b", "16"}});
  };
  bench.transport.on_open = [](const http::Request&) { return silent(); };
  bench.start();
  bench.executor.run_for(1s);
  CHECK(bench.names() == Names{"a@15", "b@16"});
  CHECK(bench.watched_from() == "20");
  CHECK(bench.changes == Names{"+a", "+b", "synced"});
}

TEST_CASE("404 means unknown: the store is not synced empty (F21)") {
  Bench bench;
  bool served = false;
  bench.transport.on_send = [&](const http::Request&) {
    if (!served)
      return json_response(404, "404 page not found");
    return list_of("10", {{"a", "3"}});
  };
  bench.transport.on_open = [](const http::Request&) { return silent(); };
  bench.start();
  bench.executor.run_for(10min);
  CHECK_FALSE(bench.store.has_synced());
  served = true;
  bench.executor.run_for(1min);
  CHECK(bench.store.has_synced());
  CHECK(bench.names() == Names{"a@3"});
}

TEST_CASE("200 with an empty body is an unreadable list and a short watch") {
  Bench bench;
  bool answers = false;
  bench.transport.on_send = [&](const http::Request&) {
    if (answers)
      return list_of("10", {});
    return http::Response{200, {}, ""};
  };
  bench.transport.on_open = [](const http::Request&) { return stream_of({}, BodyEnd::Regular); };
  bench.start();
  bench.executor.run_for(10min);
  CHECK_FALSE(bench.store.has_synced());
  CHECK(bench.transport.requests.size() < 40);
  answers = true;
  bench.transport.requests.clear();
  bench.executor.run_for(10min);
  CHECK(bench.store.has_synced());
  CHECK(bench.transport.requests.size() < 40);
}

TEST_CASE("A list of another kind, or a Status with 200, is not taken for ours") {
  const auto text =
      GENERATE(as<std::string>{}, R"({"kind":"PodList","metadata":{},"items":[]})",
               R"({"kind":"Status","status":"Failure"})", R"({"kind":"QuotaList"})", R"([])",
               R"({"kind":"QuotaList","metadata":{"resourceVersion":"1"},"items":{}})");
  const auto parser = GENERATE(Parser::Simdjson, Parser::Nlohmann);
  Bench bench(parser);
  bench.transport.on_send = [&](const http::Request&) { return json_response(200, text); };
  bench.start();
  bench.executor.run_for(1min);
  CHECK_FALSE(bench.store.has_synced());
}
