#include "lib/telemetry/health.hpp"

#include <catch2/catch.hpp>

#include "lib/base/ensure.hpp"
#include "tests/support/http/raw_socket.hpp"

namespace berth::telemetry {
namespace {

http::Request get(std::string target) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

/// A program whose cache of pods can be made full or empty.
struct Checked {
  bool pods_synced = true;
  Health health;

  Checked() {
    health.add_liveness("ping", [] { return Result<void>{}; });
    health.add_readiness("certificates", [] { return Result<void>{}; });
    health.add_readiness("pods", [this]() -> Result<void> {
      if (pods_synced)
        return {};
      return fail(Code::Unavailable, "the cache of pods is not filled");
    });
  }
};

TEST_CASE("A healthy program says ok, and in detail when asked") {
  const Checked program;
  for (const std::string path : {"/livez", "/healthz", "/readyz"}) {
    const auto answer = program.health.answer(get(path));
    CHECK(answer.status == 200);
    CHECK(answer.body == "ok");
  }
  CHECK(program.health.answer(get("/readyz?verbose")).body ==
        "[+]certificates ok\n[+]pods ok\n[+]shutdown ok\nreadyz check passed\n");
  CHECK(program.health.answer(get("/livez?verbose=1")).body == "[+]ping ok\nlivez check passed\n");
}

TEST_CASE("A failed check is 500 and named, and does not touch liveness") {
  Checked program;
  program.pods_synced = false;
  const auto answer = program.health.answer(get("/readyz"));
  CHECK(answer.status == 500);
  CHECK(answer.body == "[+]certificates ok\n"
                       "[-]pods failed: the cache of pods is not filled\n"
                       "[+]shutdown ok\nreadyz check failed\n");
  CHECK(program.health.answer(get("/livez")).status == 200);
}

TEST_CASE("Checks can be excluded, and asked for one by one") {
  Checked program;
  program.pods_synced = false;
  CHECK(program.health.answer(get("/readyz?exclude=pods")).status == 200);
  CHECK(program.health.answer(get("/readyz?exclude=certificates&exclude=pods")).status == 200);
  CHECK(program.health.answer(get("/readyz?exclude=certificates")).status == 500);
  CHECK(program.health.answer(get("/readyz/certificates")).status == 200);
  CHECK(program.health.answer(get("/readyz/pods")).status == 500);
  CHECK(program.health.answer(get("/readyz/pods")).body.find("not filled") != std::string::npos);
  CHECK(program.health.answer(get("/readyz/cows")).status == 404);
}

TEST_CASE("Readiness fails first when the program shuts down") {
  Checked program;
  program.health.begin_shutdown();
  CHECK(program.health.answer(get("/readyz")).status == 500);
  CHECK(program.health.answer(get("/readyz/shutdown")).status == 500);
  CHECK(program.health.answer(get("/livez")).status == 200);
}

TEST_CASE("Other paths and methods are refused") {
  const Checked program;
  CHECK(program.health.answer(get("/")).status == 404);
  CHECK(program.health.answer(get("/livezz")).status == 404);
  http::Request post = get("/livez");
  post.method = "POST";
  CHECK(program.health.answer(post).status == 405);
}

TEST_CASE("Health and metrics are served on one port") {
  const Checked program;
  Registry registry;
  registry.gauge({MetricKind::Gauge, "test_depth", "Depth.", {}}).set(4);
  auto server = HealthServer::start({}, program.health, registry);
  REQUIRE(server);
  http::testing::RawSocket client((*server)->port());
  client.send("GET /metrics HTTP/1.1\r\nHost: berth\r\n\r\n"
              "GET /readyz HTTP/1.1\r\nHost: berth\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  CHECK(answers.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
        std::string::npos);
  CHECK(answers.find("test_depth 4\n") != std::string::npos);
  CHECK(answers.ends_with("ok"));
}

} // namespace
} // namespace berth::telemetry
