// What a pool's webhook is sent, and what its answers mean.

#include "analyzer/advise/pool_webhook.hpp"

#include <cstdio>
#include <fstream>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "analyzer/advise/pool_order.hpp"
#include "tests/unit/analyzer/pool_scene.hpp"
#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using simulation::Json;

constexpr const char* kSecret = "a-secret-of-32-bytes-or-still-more";

/// A file that is gone with it.
struct SecretFile {
  explicit SecretFile(const std::string& text) { std::ofstream(path) << text; }
  ~SecretFile() { std::remove(path.c_str()); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  std::string path = std::string("pool_webhook_secret_") + std::to_string(::getpid());
};

/// Gives one answer after the other, and the last one again and again.
struct Receiver final : http::Transport {
  async::Task<Result<http::Response>> send(http::Request request, http::SendOptions) override {
    requests.push_back(std::move(request));
    const int status = answers.at(std::min(requests.size(), answers.size()) - 1);
    if (status == 0)
      co_return fail(Code::Timeout, "no answer in time");
    http::Response response;
    response.status = status;
    response.body = "not looked at";
    co_return response;
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request, http::StreamOptions) override {
    co_return fail(Code::Invalid, "not asked for");
  }

  std::vector<int> answers{200};
  std::vector<http::Request> requests{};
};

PoolOrder order() {
  return {"workers",
          {10, 14},
          {"berth-system", "workers-growpool-0123456789"},
          "cpu is at 90 % of 10 nodes",
          "workers-growpool-0123456789-1772409600"};
}

struct WebhookScene {
  WebhookScene() {
    options.secret_file = secret.path;
    options.target = "/pools";
  }
  Result<void> send() {
    PoolWebhook webhook(receiver, executor, options);
    std::optional<Result<void>> done;
    const auto run = [&]() -> async::Task<void> { done = co_await webhook.send(order()); };
    async::spawn(executor, run());
    executor.run_for(1min);
    REQUIRE(done);
    return *done;
  }

  SecretFile secret{std::string(kSecret) + "\n"};
  async::SimulatedExecutor executor{
      TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}}};
  Receiver receiver;
  PoolWebhookOptions options;
};

std::string header(const http::Request& request, std::string_view name) {
  return std::string(request.headers.find(name).value_or(""));
}

} // namespace

TEST_CASE("an order is one JSON object, the same text each time") {
  CHECK(order_text(order()) ==
        R"({"current":10,"desired":14,)"
        R"("idempotencyKey":"workers-growpool-0123456789-1772409600","pool":"workers",)"
        R"("reason":"cpu is at 90 % of 10 nodes",)"
        R"("recommendation":"berth-system/workers-growpool-0123456789"})");
}

TEST_CASE("an order is posted with its key and a signature that the documented check accepts") {
  WebhookScene scene;
  REQUIRE(scene.send());
  REQUIRE(scene.receiver.requests.size() == 1);
  const auto& request = scene.receiver.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.target == "/pools");
  CHECK(request.body == order_text(order()));
  CHECK(header(request, "Content-Type") == "application/json");
  CHECK(header(request, kIdempotencyHeader) == "workers-growpool-0123456789-1772409600");
  // tests/docs gives the same to the Python of docs/tasks/grow-a-pool.md.
  CHECK(header(request, kSignatureHeader) ==
        "t=1772409600,v1=0be5d60d61651cc1476a340a6ff3a9cfe9b94ea8c82101ae631cd7f2e5818c1c");
}

TEST_CASE("what may pass is tried again with the same key and body, three times in all") {
  for (const int passing : {0, 429, 500, 503}) {
    CAPTURE(passing);
    WebhookScene scene;
    scene.receiver.answers = {passing, 202};
    CHECK(scene.send());
    const auto& requests = scene.receiver.requests;
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].body == requests[1].body);
    CHECK(header(requests[0], kIdempotencyHeader) == header(requests[1], kIdempotencyHeader));
    WebhookScene down;
    down.receiver.answers = {passing};
    CHECK_FALSE(down.send());
    CHECK(down.receiver.requests.size() == 3);
  }
}

TEST_CASE("any other answer is the last word, and is said") {
  for (const int last : {301, 400, 403, 404}) {
    WebhookScene scene;
    scene.receiver.answers = {last};
    const auto done = scene.send();
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "the pool's webhook answered " + std::to_string(last));
    CHECK(scene.receiver.requests.size() == 1);
  }
}

TEST_CASE("nothing is sent without a secret that is long enough, and a new one needs no restart") {
  WebhookScene scene;
  std::ofstream(scene.secret.path) << "too short\n";
  const auto done = scene.send();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("16 bytes or more, and has 9") != std::string::npos);
  CHECK(scene.receiver.requests.empty());
  std::ofstream(scene.secret.path) << "another secret, and long enough";
  CHECK(scene.send());
  CHECK(scene.receiver.requests.size() == 1);
}

TEST_CASE("a pool with the provider Webhook has it asked for all its nodes, not for a difference") {
  PoolScene scene;
  scene.pool.spec.elastic->provider = api::ElasticProvider::Webhook;
  scene.pool.spec.elastic->provider_ref.reset();
  PoolProvider ready;
  ready.reason = Reason::Ready;
  scene.provider = ready;
  const Plan plan = scene.ask(api::RecommendationKind::GrowPool, 14);
  REQUIRE(plan.pool_change);
  REQUIRE(plan.pool_change->order);
  CHECK_FALSE(plan.pool_change->machines);
  CHECK(plan.pool_change->order->pool == "p");
  CHECK(plan.pool_change->order->nodes == api::PoolStep{10, 14});
  const auto& carried = scene.recommendations.begin()->second.status.carried_out;
  REQUIRE(carried);
  CHECK(carried->patch == order_text(*plan.pool_change->order));
  CHECK(carried->undo_patch.empty());
  CHECK(plan.pool_change->order->idempotency_key ==
        scene.asked_last.name + "-" + std::to_string(carried->at.time_since_epoch() / 1s));
}

TEST_CASE("a busy pool is grown by its webhook, once, and where none is set that is said") {
  for (const bool is_there : {true, false}) {
    WebhookScene webhook;
    AnalyzerWorld world;
    world.add_pool(10);
    world.admin.patch("ResourcePool", {"", "p"},
                      {{"spec", {{"elastic", {{"maxNodes", 20}, {"provider", "Webhook"}}}}}});
    world.admin.create(
        simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
            .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                   {"mode", "Auto"},
                   {"actions", Json::array({"Pool"})}}));
    PoolWebhook called(webhook.receiver, world.executor, webhook.options);
    SimulatedAnalyzer analyzer(world, SimulatedAnalyzer::acting(), nullptr, Shows::Nothing,
                               is_there ? &called : nullptr);
    world.measure_for(20min, 9000);
    CHECK(webhook.receiver.requests.size() == (is_there ? 1U : 0U));
    const auto all = world.recommendations();
    REQUIRE(all.size() == 1);
    const auto* applied = api::find_condition(all[0].status.conditions, "Applied");
    REQUIRE(applied != nullptr);
    CHECK(applied->reason == (is_there ? Reason::NodesPending : Reason::ProviderUnavailable));
  }
}

} // namespace berth::analyzer
