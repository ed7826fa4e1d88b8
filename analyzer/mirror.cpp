#include "analyzer/mirror.hpp"

#include <string>
#include <utility>

#include "lib/api/codec.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/node_codec.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/reflector.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

template <class T>
kube::Codec<T> custom_resource_codec(const kube::ResourceType& type) {
  return kube::make_json_codec<T>(type, [](const api::Json& json) { return api::decode<T>(json); });
}

/// A store and what fills it.
template <class T>
struct Mirrored {
  Mirrored(kube::Client& client, async::Executor& executor, Rng rng, const kube::ResourceType& type,
           kube::Codec<T> codec, const telemetry::Logger& log)
      : reflector(client, executor, rng, type, std::move(codec), store, {}) {
    reflector.report_to([log, kind = type.kind](const Error& error) {
      log.warn("Failed to follow the API server", error, {{"kind", kind}});
    });
  }

  kube::Store<T> store;
  kube::Reflector<T> reflector;
};

template <class T>
struct MirroredResource : Mirrored<T> {
  MirroredResource(kube::Client& client, async::Executor& executor, Rng rng,
                   const kube::ResourceType& type, const telemetry::Logger& log)
      : Mirrored<T>(client, executor, rng, type, custom_resource_codec<T>(type), log) {}
};

} // namespace

struct Mirror::Impl {
  Impl(kube::Client& client, async::Executor& used, Rng rng, const telemetry::Logger& log)
      : executor(used),
        nodes(client, used, Rng{rng.next()}, kube::types::node(), cluster::make_node_codec(), log),
        pools(client, used, Rng{rng.next()}, kube::types::resource_pool(), log),
        quotas(client, used, Rng{rng.next()}, kube::types::quota(), log),
        policies(client, used, Rng{rng.next()}, kube::types::scaling_policy(), log),
        recommendations(client, used, Rng{rng.next()}, kube::types::scaling_recommendation(), log),
        deployments(client, used, Rng{rng.next()}, kube::types::deployment(),
                    make_workload_codec(api::ScalingTargetKind::Deployment), log),
        stateful_sets(client, used, Rng{rng.next()}, kube::types::stateful_set(),
                      make_workload_codec(api::ScalingTargetKind::StatefulSet), log),
        jobs(client, used, Rng{rng.next()}, kube::types::job(),
             make_workload_codec(api::ScalingTargetKind::Job), log),
        pods(client, used, Rng{rng.next()}, kube::types::pod(), make_workload_pod_codec(), log),
        autoscalers(client, used, Rng{rng.next()}, kube::types::horizontal_pod_autoscaler(),
                    make_autoscaler_codec(), log) {}

  async::Executor& executor;
  Mirrored<cluster::Node> nodes;
  MirroredResource<api::ResourcePool> pools;
  MirroredResource<api::Quota> quotas;
  MirroredResource<api::ScalingPolicy> policies;
  MirroredResource<api::ScalingRecommendation> recommendations;
  Mirrored<Workload> deployments;
  Mirrored<Workload> stateful_sets;
  Mirrored<Workload> jobs;
  Mirrored<WorkloadPod> pods;
  Mirrored<Autoscaler> autoscalers;
};

Mirror::Mirror(kube::Client& client, async::Executor& executor, Rng rng, telemetry::Logger log)
    : impl_(std::make_unique<Impl>(client, executor, rng, log)) {}

Mirror::~Mirror() = default;

async::Task<void> Mirror::run(std::stop_token stop) {
  async::TaskGroup group(impl_->executor);
  const std::stop_callback on_stop(stop, [&] { group.request_stop(); });
  group.spawn(impl_->nodes.reflector.run(group.stop_token()));
  group.spawn(impl_->pools.reflector.run(group.stop_token()));
  group.spawn(impl_->quotas.reflector.run(group.stop_token()));
  group.spawn(impl_->policies.reflector.run(group.stop_token()));
  group.spawn(impl_->recommendations.reflector.run(group.stop_token()));
  group.spawn(impl_->deployments.reflector.run(group.stop_token()));
  group.spawn(impl_->stateful_sets.reflector.run(group.stop_token()));
  group.spawn(impl_->jobs.reflector.run(group.stop_token()));
  group.spawn(impl_->pods.reflector.run(group.stop_token()));
  group.spawn(impl_->autoscalers.reflector.run(group.stop_token()));
  co_await group.join();
}

bool Mirror::has_synced() const {
  return impl_->nodes.store.has_synced() && impl_->pools.store.has_synced() &&
         impl_->quotas.store.has_synced() && impl_->policies.store.has_synced() &&
         impl_->recommendations.store.has_synced() && impl_->deployments.store.has_synced() &&
         impl_->stateful_sets.store.has_synced() && impl_->pods.store.has_synced() &&
         impl_->autoscalers.store.has_synced() && impl_->jobs.store.has_synced();
}

std::vector<cluster::ObservedResource> Mirror::resources() const {
  const auto row = [](const auto& mirrored) {
    return cluster::ObservedResource{mirrored.reflector.type().plural, mirrored.reflector.stats(),
                                     mirrored.store.size(), mirrored.store.has_synced()};
  };
  return {row(impl_->nodes),       row(impl_->pools),
          row(impl_->policies),    row(impl_->recommendations),
          row(impl_->deployments), row(impl_->stateful_sets),
          row(impl_->pods),        row(impl_->autoscalers),
          row(impl_->quotas),      row(impl_->jobs)};
}

Caches Mirror::caches() const {
  return {impl_->nodes.store,
          impl_->pools.store,
          impl_->quotas.store,
          impl_->policies.store,
          impl_->recommendations.store,
          impl_->deployments.store,
          impl_->stateful_sets.store,
          impl_->jobs.store,
          impl_->pods.store,
          impl_->autoscalers.store};
}

} // namespace berth::analyzer
