#pragma once
// act(): writes a plan to the API by server-side apply, each object for itself. What fails is
// decided anew in the next cycle; nothing here tries again.

#include <functional>

#include "analyzer/advise/plan.hpp"
#include "analyzer/advise/pool_webhook.hpp"
#include "analyzer/advise/resize_refusals.hpp"
#include "lib/async/task.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::analyzer {

struct Act {
  kube::Client& client;
  telemetry::AnalyzerMetrics& metrics;
  telemetry::Logger log;
  kube::EventRecorder* events = nullptr; ///< null: no events are written
  std::function<bool()> may_write{};     ///< asked again before each change of a target; none: yes
  PoolWebhook* pool_webhook = nullptr;   ///< null: none is called
  ResizeRefusals refusals{};

  [[nodiscard]] async::Task<void> run(Plan plan);

private:
  [[nodiscard]] bool may_act() const { return !may_write || may_write(); }
  [[nodiscard]] async::Task<void> write_measured(api::ObjectMeta pool,
                                                 api::ResourcePoolStatus status);
  [[nodiscard]] async::Task<void> write_policy(api::ObjectMeta policy,
                                               api::ScalingPolicyStatus status);
  /// Whether it was written, with its status.
  [[nodiscard]] async::Task<bool> write_advised(api::ScalingRecommendation object);
  [[nodiscard]] async::Task<bool> write_changed(api::ObjectMeta meta,
                                                api::ScalingRecommendationStatus status);
  /// Each: whether it was done.
  [[nodiscard]] async::Task<bool> scale(ScaleChange change);
  [[nodiscard]] async::Task<bool> resize(PodResize resize);
  [[nodiscard]] async::Task<bool> change_pool(PoolChange change);
  [[nodiscard]] async::Task<bool> change_burst(BurstChange change);
  [[nodiscard]] async::Task<Result<void>> send(MachineScale scale);
  [[nodiscard]] async::Task<Result<void>> send(PoolOrder order) const;
  [[nodiscard]] async::Task<Result<void>> send(LimitsChange limits);
  [[nodiscard]] async::Task<Result<void>> write_status(api::ObjectMeta meta,
                                                       api::ScalingRecommendationStatus status);
  [[nodiscard]] async::Task<void> remove(api::ObjectMeta meta);
};

} // namespace berth::analyzer
