// What Act asks of pools and of their providers.

#include "analyzer/advise/act.hpp"
#include "analyzer/advise/pool_limits.hpp"
#include "analyzer/sources/machine_group.hpp"
#include "lib/api/json.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

/// Holds only for the group as it was looked at: any change since then, also of its status, is a
/// Conflict. No JSON patch: a scale of zero has no member `replicas` that could be tested.
std::string scale_patch(const MachineScale& scale) {
  return api::to_text(api::Json{{"metadata", {{"resourceVersion", scale.resource_version}}},
                                {"spec", {{"replicas", scale.to}}}});
}

/// Holds only for the pool as it was edited last; what is written to its status is no hindrance.
Result<std::string> burst_patch(const BurstChange& change) {
  BERTH_TRY(const api::Json wanted, api::parse_json(change.patch));
  const api::Json::json_pointer place("/spec/burst/period");
  return api::to_text(api::Json::array(
      {{{"op", "test"}, {"path", "/metadata/uid"}, {"value", change.uid}},
       {{"op", "test"}, {"path", "/metadata/generation"}, {"value", change.generation}},
       {{"op", "add"}, {"path", place.to_string()}, {"value", wanted.at(place)}}}));
}

} // namespace

async::Task<Result<void>> Act::send(MachineScale scale) {
  kube::WriteOptions options;
  options.subresource = "scale";
  const kube::ResourceType type = machine_type(scale.kind, scale.version);
  std::string body = scale_patch(scale);
  const auto scaled =
      co_await client.patch(type, scale.key, kube::PatchType::Merge, std::move(body), options);
  if (!scaled)
    co_return fail(scaled.error().while_doing("scale " + type.kind + ' ' + to_string(scale.key)));
  co_return Result<void>{};
}

async::Task<Result<void>> Act::send(PoolOrder order) const {
  if (pool_webhook == nullptr)
    co_return fail(Code::Unavailable, "there is no webhook to call");
  co_return co_await pool_webhook->send(std::move(order));
}

async::Task<Result<void>> Act::send(LimitsChange limits) {
  std::string body = limits_patch(limits);
  const kube::WriteOptions options;
  const api::ObjectKey key{"", limits.name};
  const auto patched = co_await client.patch(node_pool_type(limits.version), key,
                                             kube::PatchType::Json, std::move(body), options);
  if (!patched)
    co_return fail(patched.error().while_doing("set the limits of NodePool " + limits.name));
  co_return Result<void>{};
}

async::Task<bool> Act::change_pool(PoolChange change) {
  Result<void> sent;
  if (change.machines)
    sent = co_await send(*change.machines);
  else if (change.order)
    sent = co_await send(*change.order);
  else if (change.limits)
    sent = co_await send(*change.limits);
  else
    sent = fail(Code::Internal, "nobody to ask was decided on");
  metrics
      .actions(static_cast<telemetry::AdviceKind>(change.kind),
               sent ? telemetry::Outcome::Ok : telemetry::Outcome::Error)
      .add();
  if (sent)
    log.info("Asked for another number of nodes", {{"pool", change.pool.name},
                                                   {"recommendation", to_string(change.of)},
                                                   {"reason", to_string(change.reason)},
                                                   {"from", change.nodes.from},
                                                   {"to", change.nodes.to}});
  else
    log.warn("Failed to ask for another number of nodes", sent.error(),
             {{"pool", change.pool.name}, {"recommendation", to_string(change.of)}});
  if (events == nullptr)
    co_return sent.has_value();
  const kube::ResourceType& type = kube::types::resource_pool();
  events->record({type.api_version(), type.kind, change.pool, change.uid},
                 sent ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                 sent ? change.reason : Reason::ActionFailed, "ScalePool",
                 sent ? change.note : sent.error().message);
  co_return sent.has_value();
}

async::Task<bool> Act::change_burst(BurstChange change) {
  const kube::ResourceType& type = kube::types::resource_pool();
  Result<void> sent;
  if (auto body = burst_patch(change)) {
    const kube::WriteOptions options;
    const auto patched =
        co_await client.patch(type, change.pool, kube::PatchType::Json, *std::move(body), options);
    if (!patched)
      sent = fail(patched.error().while_doing("patch ResourcePool " + change.pool.name));
  } else {
    sent = fail(body.error());
  }
  metrics
      .actions(static_cast<telemetry::AdviceKind>(change.kind),
               sent ? telemetry::Outcome::Ok : telemetry::Outcome::Error)
      .add();
  if (sent)
    log.info("Changed the burst of a pool", {{"pool", change.pool.name},
                                             {"recommendation", to_string(change.of)},
                                             {"reason", to_string(change.reason)}});
  else
    log.warn("Failed to change the burst of a pool", sent.error(),
             {{"pool", change.pool.name}, {"recommendation", to_string(change.of)}});
  if (events == nullptr)
    co_return sent.has_value();
  events->record({type.api_version(), type.kind, change.pool, change.uid},
                 sent ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                 sent ? change.reason : Reason::ActionFailed, "Burst",
                 sent ? change.note : sent.error().message);
  co_return sent.has_value();
}

} // namespace berth::analyzer
