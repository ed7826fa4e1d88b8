#include <catch2/catch.hpp>

#include "tests/unit/kube/reflector_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

using Bench = ReflectorBench;

TEST_CASE("A server that is down is asked after 0.8 s, then ever more rarely up to 30 s (F1)") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {{"a", "3"}}); };
  std::vector<SteadyPoint> asked;
  bool down = true;
  bench.transport.on_open = [&](const http::Request& request) -> Result<ScriptedStream> {
    CHECK(http::query_value(request.target, "resourceVersion") == "10");
    asked.push_back(bench.executor.steady_now());
    if (down)
      return fail(Code::Unavailable, "refused");
    return silent();
  };
  bench.start();
  bench.executor.run_for(10min);
  REQUIRE(asked.size() > 10);
  for (std::size_t i = 1; i < asked.size(); ++i) {
    const auto pause = asked[i] - asked[i - 1];
    const Duration base = std::min<Duration>(800ms * (1 << std::min<std::size_t>(i - 1, 10)), 30s);
    CHECK(pause >= base);
    CHECK(pause <= base * 3 / 2 + 10ms);
  }
  CHECK(bench.names() == Names{"a@3"});
  CHECK(bench.transport.count("GET", "limit=500") == 1);
  down = false;
  bench.executor.run_for(1min);
  CHECK(bench.stats().failures + 1 == asked.size());
}

TEST_CASE("Back-off begins anew after two quiet minutes") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {}); };
  std::vector<SteadyPoint> asked;
  bench.transport.on_open = [&](const http::Request&) -> Result<ScriptedStream> {
    asked.push_back(bench.executor.steady_now());
    if (asked.size() == 5)
      return silent(); // ends after its timeoutSeconds
    return fail(Code::Unavailable, "refused");
  };
  bench.start();
  bench.executor.run_for(15min);
  REQUIRE(asked.size() > 7);
  CHECK(asked[7] - asked[6] < 2500ms);
}

TEST_CASE("Retry-After of a refused watch is kept to (F13)") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {}); };
  std::vector<SteadyPoint> asked;
  bench.transport.on_open = [&](const http::Request&) -> Result<ScriptedStream> {
    asked.push_back(bench.executor.steady_now());
    if (asked.size() == 1)
      return ScriptedStream{429, {{"Retry-After", "17"}}, {{"{}"}, BodyEnd::Regular}};
    return silent();
  };
  bench.start();
  bench.executor.run_for(1min);
  REQUIRE(asked.size() == 2);
  CHECK(asked[1] - asked[0] >= 17s);
  CHECK(bench.transport.count("GET", "limit=500") == 1);
}

TEST_CASE("A watch that keeps failing for the server's own reasons ends in a new list") {
  Bench bench;
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    return list_of(std::to_string(++lists), {});
  };
  bench.transport.on_open = [&](const http::Request&) {
    return lists == 1 ? stream_of({error_event_text(500, "InternalError")}) : silent();
  };
  bench.start();
  bench.executor.run_for(1min);
  CHECK(lists == 2);
  CHECK(bench.transport.count("GET", "watch=1") == 4);
}

TEST_CASE("A refused watch whose explanation never comes is asked for again") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {}); };
  int watches = 0;
  bench.transport.on_open = [&](const http::Request&) {
    return ++watches == 1 ? ScriptedStream{503, {}, {{"{"}, BodyEnd::Silence}} : silent();
  };
  bench.start();
  bench.executor.run_for(10s);
  CHECK(watches == 2);
}

TEST_CASE("A watch from a version that the server has not come to ends in a new list") {
  Bench bench;
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    return list_of(std::to_string(100 - 50 * lists++), {}); // etcd was restored from a copy
  };
  const std::string refusal =
      R"({"kind":"Status","reason":"Timeout","code":504,"message":"Too large resource version",)"
      R"("details":{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}})";
  bench.transport.on_open = [&](const http::Request& request) {
    if (http::query_value(request.target, "resourceVersion") == "100")
      return ScriptedStream{504, {}, {{refusal}, BodyEnd::Regular}};
    return silent();
  };
  bench.start();
  bench.executor.run_for(10s);
  CHECK(lists == 2);
  CHECK(bench.watched_from() == "50");
}

TEST_CASE("A watch from a version that the server calls invalid ends in a new list") {
  Bench bench;
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    return list_of(std::to_string(++lists), {});
  };
  bench.transport.on_open = [&](const http::Request&) {
    return lists == 1 ? ScriptedStream{400, {}, {{"{}"}, BodyEnd::Regular}} : silent();
  };
  bench.start();
  bench.executor.run_for(1min);
  CHECK(lists == 2);
}
