#include <catch2/catch.hpp>

#include "tests/unit/kube/reflector_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

namespace {

struct Bench : ReflectorBench {
  Bench() { options.streaming_list = true; }
};

bool is_streaming_list(const http::Request& request) {
  return http::query_value(request.target, "sendInitialEvents") == "true";
}

} // namespace

TEST_CASE("A streaming list shows nothing before its end bookmark and goes on as the watch") {
  Bench bench;
  bench.transport.on_open = [](const http::Request& request) {
    CHECK(is_streaming_list(request));
    CHECK(http::query_value(request.target, "resourceVersion") == std::nullopt);
    ScriptedStream stream;
    stream.body.pieces = {event_text("ADDED", {"a", "3"}),     event_text("ADDED", {"b", "4"}),
                          event_text("MODIFIED", {"a", "11"}), event_text("DELETED", {"b", "12"}),
                          bookmark_text("12", true),           event_text("ADDED", {"c", "13"})};
    stream.body.end = BodyEnd::Silence;
    return stream;
  };
  bench.start();
  bench.executor.run_for(1s);
  CHECK(bench.changes == Names{"+a", "synced", "+c"});
  CHECK(bench.names() == Names{"a@11", "c@13"});
  CHECK(bench.transport.requests.size() == 1);
}

TEST_CASE("A server that refuses streaming lists is listed by pages from then on") {
  const int status = GENERATE(400, 403, 422);
  Bench bench;
  bench.transport.on_send = [](const http::Request&) {
    return json_response(200, list_text("10", {{"a", "3"}}));
  };
  bench.transport.on_open = [&](const http::Request& request) {
    ScriptedStream stream;
    if (is_streaming_list(request)) {
      stream.status = status;
      stream.body.pieces = {"{}"};
    } else {
      stream.body.end = BodyEnd::Silence;
    }
    return stream;
  };
  bench.start();
  bench.executor.run_for(1s);
  CHECK(bench.names() == Names{"a@3"});
  CHECK(bench.transport.count("GET", "sendInitialEvents") == 1);
  CHECK(bench.transport.count("GET", "watch=1&allow") == 2);
}

TEST_CASE("A server that is down is asked for a streaming list again, not for pages") {
  Bench bench;
  bench.transport.on_open = [](const http::Request& request) -> Result<ScriptedStream> {
    CHECK(is_streaming_list(request));
    return fail(Code::Unavailable, "refused");
  };
  bench.start();
  bench.executor.run_for(2min);
  CHECK(bench.transport.count("GET", "sendInitialEvents") > 3);
  CHECK_FALSE(bench.store.has_synced());
}

TEST_CASE("A server that ignores the parameter is found out by the missing end") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) {
    return json_response(200, list_text("10", {{"a", "3"}}));
  };
  bench.transport.on_open = [](const http::Request& request) {
    ScriptedStream stream;
    if (is_streaming_list(request))
      stream.body.pieces = {event_text("ADDED", {"a", "3"}), bookmark_text("9")};
    stream.body.end = BodyEnd::Silence;
    return stream;
  };
  bench.start();
  bench.executor.run_for(119s);
  CHECK_FALSE(bench.store.has_synced());
  bench.executor.run_for(5s);
  CHECK(bench.names() == Names{"a@3"});
}

TEST_CASE("A streaming list cut before its end leaves the old content as it was") {
  Bench bench;
  int streams = 0;
  bench.transport.on_open = [&](const http::Request& request) {
    ScriptedStream stream;
    stream.body.end = BodyEnd::Broken;
    ++streams;
    if (streams == 1) {
      stream.body.pieces = {event_text("ADDED", {"a", "3"}), bookmark_text("10", true),
                            error_event_text(410, "Expired")};
    } else if (streams == 2) {
      CHECK(is_streaming_list(request));
      stream.body.pieces = {event_text("ADDED", {"b", "20"})};
    } else {
      stream.body.pieces = {event_text("ADDED", {"c", "30"}), bookmark_text("31", true)};
      stream.body.end = BodyEnd::Silence;
    }
    return stream;
  };
  bench.start();
  REQUIRE(bench.executor.run_until([&] { return streams == 2; }, 1min));
  bench.executor.run_for(100ms);
  CHECK(bench.names() == Names{"a@3"});
  bench.executor.run_for(1min);
  CHECK(bench.names() == Names{"c@30"});
}
