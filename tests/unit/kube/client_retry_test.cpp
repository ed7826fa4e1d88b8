#include <catch2/catch.hpp>

#include "lib/api/json.hpp"
#include "tests/unit/kube/client_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;
using Bench = ClientBench;

TEST_CASE("Client waits as long as a 429 asks, then sends the write again (F13)") {
  Bench bench;
  auto client = bench.client();
  int calls = 0;
  bench.transport.on_send = [&](const http::Request&) {
    if (++calls < 3)
      return http::Response{429, {{"Retry-After", "2"}}, ""};
    return json_response(201, "{\"made\":1}");
  };
  REQUIRE(await(bench.executor, client.create(types::pod(), "team-a", "{}")));
  CHECK(calls == 3);
  const auto passed = bench.executor.now() - TimePoint{};
  CHECK(passed >= 4s);
  CHECK(passed < 5s);
}

TEST_CASE("Client gives up on 429 after retries_max further tries and says which flow was full") {
  Bench bench;
  bench.options.retries_max = 2;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) {
    return http::Response{429,
                          {{"Retry-After", "1"},
                           {"X-Kubernetes-PF-FlowSchema-UID", "flow-7"},
                           {"X-Kubernetes-PF-PriorityLevel-UID", "level-9"}},
                          status_json(429, "TooManyRequests", "slow down")};
  };
  const auto answer = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(answer);
  CHECK(bench.transport.requests.size() == 3);
  CHECK(answer.error().code == Code::Throttled);
  CHECK(answer.error().retry_after == Duration{1000});
  CHECK(answer.error().message == "slow down (FlowSchema flow-7, PriorityLevel level-9)");
}

TEST_CASE("T1: Client remembers when the server had too much to do, and no disruption budget") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) {
    return http::Response{429, {}, status_json(429, "TooManyRequests", "slow down")};
  };
  CHECK_FALSE(client.throttled_at());
  const auto refused = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(refused);
  const TimePoint first = bench.executor.clock().now();
  CHECK(client.throttled_at() == first);
  bench.executor.run_for(10s);
  bench.transport.on_send = [&](const http::Request&) {
    return http::Response{
        429,
        {},
        R"({"kind":"Status","code":429,"reason":"TooManyRequests",)"
        R"("message":"Cannot evict pod as it would violate the pod's disruption budget.",)"
        R"("details":{"causes":[{"reason":"DisruptionBudget","message":"needs 1"}]}})"};
  };
  const Preconditions any;
  const auto kept = await(bench.executor, client.evict(kPod, any, std::nullopt));
  REQUIRE_FALSE(kept);
  CHECK(client.throttled_at() == first);
}

TEST_CASE("Client does not sleep longer than its request timeout, whatever the server asks") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) {
    return http::Response{429, {{"Retry-After", "3600"}}, ""};
  };
  const auto answer = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(answer);
  CHECK(bench.transport.requests.size() == 1);
  CHECK(answer.error().retry_after == Duration{3600s});
}

TEST_CASE("Client repeats reads after 5xx with Retry-After, writes never (F14)") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) {
    return http::Response{503, {{"Retry-After", "1"}}, ""};
  };
  CHECK_FALSE(await(bench.executor, client.get(types::pod(), kPod)));
  CHECK(bench.transport.requests.size() == 5);
  bench.transport.requests.clear();
  const auto write = await(bench.executor, client.create(types::pod(), "team-a", "{}"));
  REQUIRE_FALSE(write);
  CHECK(write.error().code == Code::Unavailable);
  CHECK(bench.transport.requests.size() == 1);
}

TEST_CASE("Client does not repeat anything after 5xx without Retry-After") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request&) { return http::Response{500, {}, ""}; };
  CHECK_FALSE(await(bench.executor, client.get(types::pod(), kPod)));
  CHECK(bench.transport.requests.size() == 1);
}

TEST_CASE("Client repeats a write that was surely not received, and no other (F14)") {
  Bench bench;
  auto client = bench.client();
  int calls = 0;
  bench.transport.on_send = [&](const http::Request&) -> Result<http::Response> {
    if (++calls == 1)
      return fail(Code::Unavailable, "connection refused");
    return json_response(200, "{}");
  };
  CHECK(await(bench.executor, client.patch(types::pod(), kPod, PatchType::Merge, "{}", {})));
  CHECK(calls == 2);

  bench.transport.on_send = [&](const http::Request&) -> Result<http::Response> {
    ++calls;
    return fail(Code::Timeout, "connection reset by peer");
  };
  calls = 0;
  const auto write =
      await(bench.executor, client.patch(types::pod(), kPod, PatchType::Merge, "{}", {}));
  REQUIRE_FALSE(write);
  CHECK(write.error().code == Code::Timeout);
  CHECK(calls == 1);
  calls = 0;
  CHECK_FALSE(await(bench.executor, client.get(types::pod(), kPod)));
  CHECK(calls == 5);
}

TEST_CASE("Client asks for another token once after a 401 (F18)") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request& request) {
    const bool fresh = request.headers.find("authorization") == "Bearer token-1";
    return fresh ? json_response(200, "{}")
                 : json_response(401, status_json(401, "Unauthorized", "no"));
  };
  CHECK(await(bench.executor, client.get(types::pod(), kPod)));
  CHECK(bench.token.rejected == 1);

  bench.transport.requests.clear();
  bench.transport.on_send = [&](const http::Request&) {
    return json_response(401, status_json(401, "Unauthorized", "no"));
  };
  const auto refused = await(bench.executor, client.get(types::pod(), kPod));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Unauthorized);
  CHECK(bench.transport.requests.size() == 2);
}

TEST_CASE("Calls that were under way with a rejected token do not reject its successor (F18)") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [&](const http::Request& request) {
    const bool fresh = request.headers.find("authorization") == "Bearer token-1";
    return fresh ? json_response(200, "{}")
                 : json_response(401, status_json(401, "Unauthorized", "no"));
  };
  int answered = 0;
  const auto get_one = [&]() -> async::Task<void> {
    auto answer = co_await client.get(types::pod(), kPod);
    answered += answer ? 1 : 0;
  };
  for (int i = 0; i < 3; ++i) {
    async::spawn(bench.executor, get_one());
    bench.executor.run_for(Duration{0});
    bench.transport.latency += 5ms; // the later answers come when the token is renewed already
  }
  bench.executor.run_for(1s);
  CHECK(answered == 3);
  CHECK(bench.token.rejected == 1);
}

TEST_CASE("Client keeps to its rate but never makes a Lease wait") {
  Bench bench;
  bench.options.qps = 10;
  bench.options.burst = 5;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  for (int i = 0; i < 15; ++i)
    REQUIRE(await(bench.executor, client.get(types::pod(), kPod)));
  const auto limited = bench.executor.now() - TimePoint{};
  CHECK(limited >= 1s);
  CHECK(limited < 1100ms);
  for (int i = 0; i < 15; ++i)
    REQUIRE(await(bench.executor, client.get(types::lease(), {"berth", "operator"})));
  CHECK(bench.executor.now() - TimePoint{} - limited == 15ms);
}

TEST_CASE(
    "Client tries a Lease once, before all others, with a time-out below the renew deadline") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) -> Result<http::Response> {
    return fail(Code::Unavailable, "connection refused");
  };
  CHECK_FALSE(await(bench.executor, client.get(types::lease(), {"berth", "operator"})));
  CHECK(bench.transport.requests.size() == 1);
  CHECK(bench.transport.timeouts.at(0) == Duration{5s});
  CHECK(bench.transport.urgent_calls == 1);
  CHECK_FALSE(await(bench.executor, client.get(types::pod(), kPod)));
  CHECK(bench.transport.urgent_calls == 1);
}

TEST_CASE("Client gives a list the time-out that its caller names, for all tries together") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) {
    return http::Response{503, {{"Retry-After", "2"}}, status_json(503, "ServiceUnavailable", "")};
  };
  ListOptions options;
  options.timeout = 5s;
  const SteadyPoint began = bench.executor.clock().steady_now();
  CHECK_FALSE(await(bench.executor, client.list(types::pod(), options)));
  REQUIRE(bench.transport.timeouts.size() == 3);
  CHECK(bench.transport.timeouts[0] == Duration{5s});
  CHECK(bench.transport.timeouts[1] <= Duration{3s}); // after one pause
  CHECK(bench.transport.timeouts[2] <= Duration{1s});
  CHECK(bench.executor.clock().steady_now() - began <= Duration{5s});
}

TEST_CASE("Client counts its wait for the rate limit against the call's time-out") {
  Bench bench;
  bench.options.qps = 0.5;
  bench.options.burst = 1;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) { return json_response(200, "{}"); };
  ListOptions options;
  options.timeout = 5s;
  REQUIRE(await(bench.executor, client.list(types::pod(), options)));
  REQUIRE(await(bench.executor, client.list(types::pod(), options)));
  REQUIRE(bench.transport.timeouts.size() == 2);
  CHECK(bench.transport.timeouts[0] == Duration{5s});
  CHECK(bench.transport.timeouts[1] <= Duration{3001ms});
  CHECK(bench.transport.timeouts[1] >= Duration{2900ms});
}

TEST_CASE("Client asks a PodDisruptionBudget once, whatever Retry-After says (P5)") {
  Bench bench;
  auto client = bench.client();
  bench.transport.on_send = [](const http::Request&) {
    return http::Response{
        429,
        {{"Retry-After", "1"}},
        status_json(429, "TooManyRequests", "Cannot evict pod",
                    R"({"causes":[{"reason":"DisruptionBudget","message":"needs 2"}]})")};
  };
  const Preconditions preconditions{"uid-1", "7"};
  const auto evicted = await(bench.executor, client.evict(kPod, preconditions, 30s));
  REQUIRE_FALSE(evicted);
  CHECK(evicted.error().code == Code::Forbidden);
  CHECK(evicted.error().retry_after == Duration{1000});
  REQUIRE(bench.transport.requests.size() == 1);
  const auto body = api::parse_json(bench.transport.requests[0].body);
  REQUIRE(body);
  CHECK(body->at("apiVersion") == "policy/v1");
  CHECK(body->at("deleteOptions").at("preconditions") ==
        api::Json({{"uid", "uid-1"}, {"resourceVersion", "7"}}));
  CHECK(body->at("deleteOptions").at("gracePeriodSeconds") == 30);
}
