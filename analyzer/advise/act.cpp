#include "analyzer/advise/act.hpp"

#include <set>

#include "lib/api/codec.hpp"
#include "lib/api/json.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

kube::WriteOptions apply_options(const char* subresource = "") {
  kube::WriteOptions options;
  options.subresource = subresource;
  options.force = true; // the fields are ours alone
  return options;
}

/// Holds only for the target that was looked at, as it was then.
std::string scale_patch(const ScaleChange& change) {
  return api::to_text(
      api::Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", change.uid}},
                        {{"op", "test"}, {"path", "/spec/replicas"}, {"value", change.from}},
                        {{"op", "replace"}, {"path", "/spec/replicas"}, {"value", change.to}}}));
}

} // namespace

async::Task<void> Act::run(Plan plan) {
  if (plan.measured)
    co_await write_measured(plan.pool, *plan.measured);
  if (plan.policy_status)
    co_await write_policy(plan.policy, *plan.policy_status);
  std::set<api::ObjectKey> unsaid; // what is to be done for them is not in the API
  for (const auto& advised : plan.advised) {
    const bool written = co_await write_advised(advised.object);
    if (!written)
      unsaid.insert(advised.object.meta.key());
  }
  for (const auto& change : plan.changed) {
    const bool written = co_await write_changed(change.meta, change.status);
    if (!written)
      unsaid.insert(change.meta.key());
  }
  for (const auto& meta : plan.removed)
    co_await remove(meta);
  const bool has_step = plan.scale || plan.pool_change;
  bool is_done = false;
  if (plan.scale && !unsaid.contains(plan.scale->of) && may_act())
    is_done = co_await scale(*plan.scale);
  if (plan.pool_change && !unsaid.contains(plan.pool_change->of) && may_act())
    is_done = co_await change_pool(*plan.pool_change);
  const bool is_step_missed =
      has_step && !is_done; // and to be sent again: nothing else speaks for it
  if (plan.burst && !unsaid.contains(plan.burst->of) && may_act()) {
    const bool is_changed = co_await change_burst(*plan.burst);
    is_done = is_done || is_changed;
  }
  for (const auto& one : plan.resizes) {
    if (unsaid.contains(one.of) || !refusals.is_due(one) || !may_act())
      continue;
    const bool is_resized = co_await resize(one);
    refusals.note(one, is_resized);
    is_done = is_done || is_resized;
  }
  if (is_done && !is_step_missed && plan.policy_acted)
    co_await write_policy(plan.policy, *plan.policy_acted);
}

async::Task<bool> Act::write_changed(api::ObjectMeta meta,
                                     api::ScalingRecommendationStatus status) {
  const auto written = co_await write_status(meta, status);
  metrics.recommendations(written ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (!written && written.error().code != Code::NotFound)
    log.warn("Failed to write the status of a ScalingRecommendation", written.error(),
             {{"recommendation", to_string(meta.key())}});
  co_return written.has_value();
}

async::Task<void> Act::write_measured(api::ObjectMeta pool, api::ResourcePoolStatus status) {
  std::string body = api::encode_status<api::ResourcePool>(pool, status);
  const auto options = apply_options("status");
  const auto written = co_await client.patch(kube::types::resource_pool(), pool.key(),
                                             kube::PatchType::Apply, std::move(body), options);
  if (!written && written.error().code != Code::NotFound)
    log.warn("Failed to write the measured use of a ResourcePool", written.error(),
             {{"pool", pool.name}});
}

async::Task<void> Act::write_policy(api::ObjectMeta policy, api::ScalingPolicyStatus status) {
  std::string body = api::encode_status<api::ScalingPolicy>(policy, status);
  const auto options = apply_options("status");
  const auto written = co_await client.patch(kube::types::scaling_policy(), policy.key(),
                                             kube::PatchType::Apply, std::move(body), options);
  if (!written && written.error().code != Code::NotFound)
    log.warn("Failed to write the status of a ScalingPolicy", written.error(),
             {{"policy", to_string(policy.key())}});
}

async::Task<bool> Act::write_advised(api::ScalingRecommendation object) {
  std::string body = api::encode(object);
  const auto options = apply_options();
  const auto applied =
      co_await client.patch(kube::types::scaling_recommendation(), object.meta.key(),
                            kube::PatchType::Apply, std::move(body), options);
  Result<void> written;
  if (applied) {
    const auto now_there = api::decode_text<api::ScalingRecommendation>(*applied);
    if (now_there)
      object.meta.uid = now_there->meta.uid;
    if (!now_there || now_there->status != object.status)
      written = co_await write_status(object.meta, object.status);
  } else {
    written = fail(applied.error());
  }
  metrics.recommendations(written ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (written)
    log.info("Recommended a change", {{"recommendation", to_string(object.meta.key())},
                                      {"target_kind", to_string(object.spec.target_ref.kind)},
                                      {"target", object.spec.target_ref.name},
                                      {"kind", to_string(object.spec.kind)},
                                      {"confidence_percent", object.spec.confidence_percent}});
  else
    log.warn("Failed to write a ScalingRecommendation", written.error(),
             {{"recommendation", to_string(object.meta.key())}});
  co_return written.has_value();
}

async::Task<bool> Act::scale(ScaleChange change) {
  const kube::ResourceType& type = change.target.kind == api::ScalingTargetKind::StatefulSet
                                       ? kube::types::stateful_set()
                                       : kube::types::deployment();
  kube::WriteOptions options;
  options.subresource = "scale";
  std::string body = scale_patch(change);
  const auto scaled = co_await client.patch(type, change.target.key, kube::PatchType::Json,
                                            std::move(body), options);
  metrics
      .actions(static_cast<telemetry::AdviceKind>(change.kind),
               scaled ? telemetry::Outcome::Ok : telemetry::Outcome::Error)
      .add();
  const Reason reason = scaled ? change.reason : Reason::ActionFailed;
  if (scaled)
    log.info("Changed the number of replicas", {{"target", to_string(change.target.key)},
                                                {"target_kind", type.kind},
                                                {"recommendation", to_string(change.of)},
                                                {"reason", to_string(change.reason)},
                                                {"from", change.from},
                                                {"to", change.to}});
  else
    log.warn("Failed to change the number of replicas", scaled.error(),
             {{"target", to_string(change.target.key)},
              {"target_kind", type.kind},
              {"recommendation", to_string(change.of)}});
  if (events == nullptr)
    co_return scaled.has_value();
  const kube::ObjectReference about{type.api_version(), type.kind, change.target.key, change.uid};
  const bool is_news = scaled && change.reason != Reason::Undone;
  events->record(about, is_news ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                 reason, "Scale", scaled ? change.note : scaled.error().message);
  co_return scaled.has_value();
}

async::Task<bool> Act::resize(PodResize resize) {
  kube::WriteOptions options;
  options.subresource = "resize";
  const auto resized = co_await client.patch(
      kube::types::pod(), resize.pod, kube::PatchType::StrategicMerge, resize.patch, options);
  metrics
      .actions(telemetry::AdviceKind::Resize,
               resized ? telemetry::Outcome::Ok : telemetry::Outcome::Error)
      .add();
  if (resized)
    log.info("Resized a pod",
             {{"pod", to_string(resize.pod)}, {"recommendation", to_string(resize.of)}});
  else
    log.warn("Failed to resize a pod", resized.error(),
             {{"pod", to_string(resize.pod)}, {"recommendation", to_string(resize.of)}});
  if (events == nullptr)
    co_return resized.has_value();
  events->record({"v1", "Pod", resize.pod, resize.uid},
                 resized ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                 resized ? Reason::Resized : Reason::ActionFailed, "Resize",
                 resized ? resize.note : resized.error().message);
  co_return resized.has_value();
}

async::Task<Result<void>> Act::write_status(api::ObjectMeta meta,
                                            api::ScalingRecommendationStatus status) {
  std::string body = api::encode_status<api::ScalingRecommendation>(meta, status);
  const auto options = apply_options("status");
  const auto written = co_await client.patch(kube::types::scaling_recommendation(), meta.key(),
                                             kube::PatchType::Apply, std::move(body), options);
  if (!written)
    co_return fail(written.error());
  co_return Result<void>{};
}

async::Task<void> Act::remove(api::ObjectMeta meta) {
  kube::Preconditions preconditions;
  preconditions.uid = meta.uid;
  const auto removed =
      co_await client.remove(kube::types::scaling_recommendation(), meta.key(), preconditions);
  if (!removed && removed.error().code != Code::NotFound)
    log.warn("Failed to remove an ended ScalingRecommendation", removed.error(),
             {{"recommendation", to_string(meta.key())}});
}

} // namespace berth::analyzer
