#pragma once
// The analyzer on the simulated API server: its mirror and its advisor on simulated time, and a
// metrics-server that says what the test tells it to.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "analyzer/advise/advisor.hpp"
#include "analyzer/external_metrics/forecasts.hpp"
#include "analyzer/mirror.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"
#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

namespace berth::analyzer {

/// A cluster with one pool of equal nodes, and what is measured on them.
struct AnalyzerWorld : simulation::World {
  AnalyzerWorld() {
    simulation::install_custom_resources(admin);
    admin.create(simulation::make_namespace("berth-system"));
  }

  /// A pool "p" of `nodes` nodes with 10 cores and 100 Gi each.
  void add_pool(int nodes) {
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "p")
                     .spec({{"nodeSelector", {{"matchLabels", {{"pool", "p"}}}}}}));
    for (int i = 0; i < nodes; ++i)
      add_node("n-" + std::to_string(i));
  }
  void add_node(const std::string& name) {
    admin.create(simulation::make_node(name).cpu("10").memory("100Gi").label("pool", "p").build());
    node_names.push_back(name);
  }
  /// What every node is measured to use now.
  void measure(const std::string& node, int cpu_milli, int memory_gib) {
    server.put_metrics(simulation::make_node_metrics(node, std::to_string(cpu_milli) + "m",
                                                     std::to_string(memory_gib) + "Gi")
                           .set("/timestamp", format_time(executor.now())));
  }
  /// Measures all nodes once a minute for `span`.
  void measure_for(Duration span, int cpu_milli, int memory_gib = 50) {
    for (Duration passed{0}; passed < span; passed += std::chrono::minutes{1}) {
      for (const auto& node : node_names)
        measure(node, cpu_milli, memory_gib);
      executor.run_for(std::chrono::minutes{1});
    }
  }

  /// The object says this of its own use now.
  void push_usage(const char* kind, const api::ObjectKey& key, const nlohmann::json& used) {
    const nlohmann::json usage = {{"measuredAt", format_time(executor.now())}, {"used", used}};
    admin.patch(kind, key, {{"metadata", {{"annotations", {{"berth.dev/usage", usage.dump()}}}}}});
  }

  [[nodiscard]] api::ResourcePool pool() {
    const auto decoded = api::decode<api::ResourcePool>(admin.get("ResourcePool", {"", "p"}));
    ensure(decoded.has_value(), "the pool can be read");
    return *decoded;
  }
  [[nodiscard]] std::vector<api::ScalingRecommendation>
  recommendations(const std::string& ns = "berth-system") {
    std::vector<api::ScalingRecommendation> found;
    for (const auto& object : admin.list("ScalingRecommendation", ns)) {
      auto decoded = api::decode<api::ScalingRecommendation>(object);
      ensure(decoded.has_value(), "the recommendation can be read");
      found.push_back(std::move(*decoded));
    }
    return found;
  }

  /// Events on objects of the kind, in any order.
  [[nodiscard]] std::vector<nlohmann::json> events_about(std::string_view kind) {
    std::vector<nlohmann::json> found;
    for (const auto& entry : server.state().store.list(kube::types::event(), server.revision()))
      if (entry.object->at("regarding").at("kind") == kind)
        found.push_back(*entry.object);
    return found;
  }

  std::vector<std::string> node_names;
};

/// Whether an analyzer shows its forecasts to others.
enum class Shows { Nothing, Forecasts };

/// One replica of the analyzer, running until it goes away.
struct SimulatedAnalyzer {
  explicit SimulatedAnalyzer(AnalyzerWorld& given, AdvisorOptions options = acting(),
                             Prometheus* prometheus = nullptr, Shows shows = Shows::Nothing,
                             PoolWebhook* pool_webhook = nullptr)
      : world(given), transport(world.server, "berth-analyzer", 7),
        client(transport, world.executor, Rng{8}, client_options()),
        events(client, world.executor, event_options()), metrics(registry),
        mirror(client, world.executor, Rng{9}, {}),
        advisor(
            {client,
             world.executor,
             mirror.caches(),
             metrics,
             {},
             prometheus,
             &events,
             pool_webhook,
             shows == Shows::Nothing
                 ? std::function<void(const CycleFacts&)>()
                 : [this](const CycleFacts& facts) { forecasts = forecasts_of(facts); }},
            std::move(options), [this] { return mirror.has_synced(); }, [this] { return leads; }),
        tasks(world.executor) {
    world.executor.post([this] {
      tasks.spawn(mirror.run(tasks.stop_token()));
      tasks.spawn(advisor.run(tasks.stop_token()));
      tasks.spawn(events.run(tasks.stop_token()));
    });
    world.executor.run_for(std::chrono::seconds{3});
  }
  ~SimulatedAnalyzer() {
    world.executor.post([this] { tasks.request_stop(); });
    static_cast<void>(
        world.executor.run_until([this] { return tasks.running() == 0; }, std::chrono::minutes{5}));
  }

  /// Writes asked for so far, with whatever answer, of which the target contains `part`.
  [[nodiscard]] std::size_t writes(std::string_view part = "") const {
    return static_cast<std::size_t>(
        std::ranges::count_if(transport.exchanges(), [part](const auto& exchange) {
          return exchange.method != "GET" && exchange.target.find(part) != std::string::npos;
        }));
  }

  /// The options of one that carries out the mode Auto.
  static AdvisorOptions acting() {
    AdvisorOptions options;
    options.acts = true;
    return options;
  }

  static kube::ClientOptions client_options() {
    kube::ClientOptions options;
    options.field_manager = api::field_manager::kAnalyzer;
    return options;
  }

  static kube::EventRecorderOptions event_options() {
    kube::EventRecorderOptions options;
    options.component = "berth.dev/analyzer";
    options.instance = "test";
    return options;
  }

  AnalyzerWorld& world;
  simulation::SimulatedTransport transport;
  kube::Client client;
  kube::EventRecorder events;
  telemetry::Registry registry;
  telemetry::AnalyzerMetrics metrics;
  Mirror mirror;
  bool leads = true;
  ForecastTable forecasts; ///< of the last cycle, where it shows them
  Advisor advisor;
  async::TaskGroup tasks;
};

} // namespace berth::analyzer
