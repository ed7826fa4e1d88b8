#include "analyzer/advise/pool_limits.hpp"

#include <algorithm>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using api::Json;
using resources::Amount;
using resources::ResourceName;

/// Limits are whole cores and whole Mi, as people write them.
Amount rounded_up(const ResourceName& name, Amount amount) {
  const std::int64_t unit = name == ResourceName::cpu() ? 1000 : std::int64_t{1} << 20U;
  const std::int64_t rest = amount.value() % unit;
  return rest == 0 ? amount : amount + Amount{unit - rest};
}

/// In use, and so many nodes more of the mean size.
Amount with_room(const NodePool& pool, const ResourceName& name, std::int32_t more,
                 const PoolUsage& usage) {
  const Amount used = pool.in_use.get(name);
  const bool has_nodes = pool.nodes > 0 && Amount{} < used;
  const Amount room =
      has_nodes ? resources::scaled(used, more, pool.nodes)
                : resources::scaled(usage.capacity.get(name), more, std::max(usage.nodes, 1));
  return rounded_up(name, used + room);
}

LimitChange change_of(const NodePoolLimit& limit, Amount to) {
  const std::string text = quantity_of(limit.name, to).str();
  return {std::string(limit.name.str()), limit.text, api::to_text(Json(text))};
}

std::string patch_of(const LimitsChange& change, std::string LimitChange::* is,
                     std::string LimitChange::* wanted) {
  Json steps = Json::array();
  steps.push_back({{"op", "test"}, {"path", "/metadata/uid"}, {"value", change.uid}});
  for (const LimitChange& limit : change.limits) {
    const std::string path = "/spec/limits/" + limit.resource;
    steps.push_back({{"op", "test"}, {"path", path}, {"value", Json::parse(limit.*is)}});
    steps.push_back({{"op", "replace"}, {"path", path}, {"value", Json::parse(limit.*wanted)}});
  }
  return api::to_text(steps);
}

} // namespace

LimitsChange limits_for(const NodePool& pool, const api::PoolStep& step, const PoolUsage& usage) {
  LimitsChange change{pool.version, pool.name, pool.uid, {}};
  const bool grows = step.from < step.to;
  for (const NodePoolLimit& limit : pool.limits) {
    const Amount to = with_room(pool, limit.name, grows ? step.to - step.from : 1, usage);
    if (grows ? limit.amount < to : to < limit.amount)
      change.limits.push_back(change_of(limit, to));
  }
  return change;
}

std::string limits_patch(const LimitsChange& change) {
  return patch_of(change, &LimitChange::from, &LimitChange::to);
}

std::string undo_limits_patch(const LimitsChange& change) {
  return patch_of(change, &LimitChange::to, &LimitChange::from);
}

} // namespace berth::analyzer
