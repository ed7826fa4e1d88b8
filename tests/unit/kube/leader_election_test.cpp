#include <catch2/catch.hpp>

#include <memory>

#include "lib/api/json.hpp"
#include "lib/kube/leader_election.hpp"
#include "tests/unit/kube/scripted_transport.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

namespace {

/// The Lease as an API server keeps it: optimistic concurrency, a version that counts up.
struct LeaseServer {
  api::Json lease; ///< null: not created
  int version = 0;
  int writes = 0;

  Result<http::Response> answer(const http::Request& request) {
    if (request.method == "GET")
      return lease.is_null() ? json_response(404, "{}") : json_response(200, lease.dump());
    auto body = api::parse_json(request.body);
    REQUIRE(body);
    if (request.method == "POST" && !lease.is_null())
      return json_response(409, R"({"kind":"Status","reason":"AlreadyExists","code":409})");
    if (request.method == "PUT" &&
        (*body)["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"])
      return json_response(409, R"({"kind":"Status","reason":"Conflict","code":409})");
    lease = *body;
    lease["metadata"]["resourceVersion"] = std::to_string(++version);
    ++writes;
    return json_response(200, lease.dump());
  }
  [[nodiscard]] std::string holder() const { return lease["spec"]["holderIdentity"]; }
};

/// One process that wants to lead, with a link of its own to the server.
struct Candidate {
  Candidate(async::SimulatedExecutor& shared, LeaseServer& lease_server, std::string identity)
      : executor(shared), server(lease_server), transport(shared) {
    transport.on_send = [this](const http::Request& request) -> Result<http::Response> {
      if (link_down)
        return fail(Code::Unavailable, "refused");
      return server.answer(request);
    };
    LeaderElectionOptions options;
    options.lease = {"berth-system", "berth-operator"};
    options.identity = std::move(identity);
    LeaderCallbacks callbacks;
    callbacks.on_started_leading = [this] { ++started; };
    callbacks.on_stopped_leading = [this] {
      ++stopped;
      stopped_at = executor.steady_now();
    };
    callbacks.on_new_leader = [this](const std::string& leader) { leaders.push_back(leader); };
    election = std::make_unique<LeaderElection>(client, executor, Rng{options.identity.size()},
                                                options, callbacks);
    async::spawn(executor, run());
  }
  ~Candidate() {
    stop.request_stop();
    executor.run_for(1h);
    CHECK(ended);
  }
  async::Task<void> run() {
    co_await election->run(stop.get_token());
    ended = true;
  }

  async::SimulatedExecutor& executor;
  LeaseServer& server;
  ScriptedTransport transport;
  Client client{transport, executor, Rng{5}, {}};
  std::unique_ptr<LeaderElection> election;
  std::stop_source stop;
  bool link_down = false;
  bool ended = false;
  int started = 0;
  int stopped = 0;
  SteadyPoint stopped_at{};
  std::vector<std::string> leaders;
};

} // namespace

TEST_CASE("The first candidate creates the Lease and leads") {
  async::SimulatedExecutor executor{TimePoint{1'700'000'000'123ms}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  executor.run_for(1s);
  CHECK(a.election->is_leader());
  CHECK(a.started == 1);
  CHECK(a.leaders == std::vector<std::string>{"a"});
  auto spec = server.lease["spec"];
  CHECK(spec["holderIdentity"] == "a");
  CHECK(spec["leaseDurationSeconds"] == 15);
  CHECK(spec["leaseTransitions"] == 0);
  CHECK(spec["acquireTime"].get<std::string>().ends_with("20.124000Z"));
  executor.run_for(10s);
  spec = server.lease["spec"];
  CHECK(spec["acquireTime"] != spec["renewTime"]);
  CHECK(server.writes >= 5);
}

TEST_CASE("A standby takes a dead leader's Lease only after it has not changed for its duration") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  auto a = std::make_unique<Candidate>(executor, server, "a");
  executor.run_for(1s);
  Candidate b(executor, server, "bb");
  executor.run_for(30s);
  CHECK_FALSE(b.election->is_leader());
  a->link_down = true;
  const auto dead = executor.steady_now();
  while (!b.election->is_leader() && executor.steady_now() - dead < 1min)
    executor.run_for(100ms);
  const auto took = executor.steady_now() - dead;
  CHECK(took > 12s);
  CHECK(took < 25s);
  CHECK(a->stopped == 1);
  CHECK(a->stopped_at - dead <= 10s);
  CHECK(server.lease["spec"]["leaseTransitions"] == 1);
  CHECK(b.leaders == std::vector<std::string>{"a", "bb"});
}

TEST_CASE("A leader that cannot renew stops at the deadline, even while its request hangs (F10)") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  executor.run_for(5s);
  a.transport.latency = 10min;
  const auto hung = executor.steady_now();
  executor.run_for(9900ms);
  executor.run_for(200ms);
  CHECK_FALSE(a.election->is_leader());
  CHECK(a.stopped == 1);
  CHECK(a.stopped_at - hung <= 10s);
}

TEST_CASE("A leader that was told to stop does not take the Lease back unawares (F10)") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  executor.run_for(1s);
  REQUIRE(a.election->is_leader());
  // The renewal fails late, the read after it ends beyond the deadline, and then all is well again.
  a.transport.latency = 4500ms;
  a.transport.on_send = [&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "PUT" && a.transport.latency > 1s)
      return fail(Code::Timeout, "nobody knows");
    a.transport.latency = 1ms;
    return server.answer(request);
  };
  executor.run_for(15s);
  CHECK(a.stopped == 1);
  CHECK_FALSE(a.election->is_leader());
  CHECK(a.ended);
  CHECK(server.writes == 1);
}

TEST_CASE("There is never more than one leader, whatever links fail (I7)") {
  const auto seed = GENERATE(range(1, 21));
  INFO("seed " << seed);
  Rng rng(static_cast<std::uint64_t>(seed));
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  std::vector<std::unique_ptr<Candidate>> candidates;
  for (const char* name : {"a", "bb", "ccc"})
    candidates.push_back(std::make_unique<Candidate>(executor, server, name));
  int led = 0;
  for (int step = 0; step < 600; ++step) {
    executor.run_for(500ms);
    int leaders = 0;
    for (const auto& candidate : candidates)
      leaders += candidate->election->is_leader() ? 1 : 0;
    REQUIRE(leaders <= 1);
    led += leaders;
    auto& candidate = *candidates[rng.below(candidates.size())];
    candidate.link_down = rng.below(4) == 0;
    candidate.transport.latency = Duration{static_cast<Duration::rep>(rng.below(6000))};
    if (rng.below(20) == 0)
      executor.jump_wall_clock(
          Duration{static_cast<Duration::rep>(rng.below(7'200'000)) - 3'600'000});
  }
  CHECK(led > 0);
}

TEST_CASE("A clean stop gives the Lease back and a standby leads within its retry period") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  executor.run_for(1s);
  Candidate b(executor, server, "bb");
  executor.run_for(10s);
  a.stop.request_stop();
  executor.run_for(100ms);
  CHECK(a.ended);
  CHECK(a.stopped == 1);
  CHECK(server.holder().empty());
  executor.run_for(5s);
  CHECK(b.election->is_leader());
}

TEST_CASE("The wall clocks of holder and standby do not matter (F19)") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  server.lease = {{"metadata", {{"resourceVersion", "7"}}},
                  {"spec",
                   {{"holderIdentity", "other"},
                    {"leaseDurationSeconds", 15},
                    {"renewTime", "1999-01-01T00:00:00.000000Z"}}}};
  Candidate a(executor, server, "a");
  executor.run_for(14s);
  CHECK(a.started == 0);
  executor.run_for(6s);
  CHECK(a.started == 1);
}

TEST_CASE("What others wrote into the Lease is kept, a label is no sign of life") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  server.lease = {{"metadata", {{"resourceVersion", "7"}, {"labels", {{"app", "berth"}}}}},
                  {"spec",
                   {{"holderIdentity", "other"},
                    {"leaseDurationSeconds", 15},
                    {"leaseTransitions", 4},
                    {"strategy", "OldestEmulationVersion"}}}};
  Candidate a(executor, server, "a");
  for (int i = 0; i < 20; ++i) {
    executor.run_for(1s);
    if (server.holder() == "other")
      server.lease["metadata"]["labels"]["touched"] = std::to_string(i);
  }
  CHECK(a.started == 1);
  CHECK(server.lease["metadata"]["labels"]["app"] == "berth");
  CHECK(server.lease["spec"]["strategy"] == "OldestEmulationVersion");
  CHECK(server.lease["spec"]["leaseTransitions"] == 5);
}

TEST_CASE("A leader whose Lease another took stops at once") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  executor.run_for(5s);
  server.lease["spec"]["holderIdentity"] = "thief";
  server.lease["metadata"]["resourceVersion"] = "1000";
  executor.run_for(3s);
  CHECK(a.stopped == 1);
  CHECK(a.ended);
  CHECK(server.holder() == "thief");
}

TEST_CASE("A Lease that cannot be read is neither taken nor fatal") {
  async::SimulatedExecutor executor{TimePoint{}};
  LeaseServer server;
  Candidate a(executor, server, "a");
  a.transport.on_send = [](const http::Request&) { return json_response(200, "[]"); };
  executor.run_for(1min);
  CHECK(a.started == 0);
  a.transport.on_send = [&](const http::Request& request) { return server.answer(request); };
  executor.run_for(10s);
  CHECK(a.started == 1);
}
