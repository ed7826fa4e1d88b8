#include "analyzer/sources/node_pool.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/json_reading.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::analyzer {
namespace {

using api::Json;
using resources::Amount;
using resources::Quantity;
using resources::ResourceName;

constexpr std::int64_t kNodesMax = 100'000;

/// The member, or an empty object where it is not there; Invalid: it is something else.
Result<Json> object_in(const Json& parent, const char* name) {
  const auto found = parent.find(name);
  if (found == parent.end() || found->is_null())
    return Json::object();
  if (!found->is_object())
    return fail(Code::Invalid, std::string(name) + ": must be an object");
  return *found;
}

/// A quantity as it stands in a map of them: as text, or as a number.
Result<Amount> amount_in(const Json& value, const ResourceName& name) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const auto quantity = Quantity::parse(text);
  if (!quantity || quantity->is_negative())
    return fail(Code::Invalid, std::string(name.str()) + ": must be a quantity");
  return amount_of(name, *quantity);
}

Result<void> read_limits(const Json& spec, NodePool& into) {
  BERTH_TRY(const Json limits, object_in(spec, "limits"));
  for (const ResourceName& name : {ResourceName::cpu(), ResourceName::memory()}) {
    const auto limit = limits.find(std::string(name.str()));
    if (limit == limits.end())
      continue;
    BERTH_TRY(const Amount amount, amount_in(*limit, name));
    into.limits.push_back({name, amount, api::to_text(*limit)});
  }
  return {};
}

Result<void> read_use(const Json& status, NodePool& into) {
  BERTH_TRY(const Json used, object_in(status, "resources"));
  for (const ResourceName& name : {ResourceName::cpu(), ResourceName::memory()}) {
    const auto amount = used.find(std::string(name.str()));
    if (amount == used.end())
      continue;
    BERTH_TRY(const Amount value, amount_in(*amount, name));
    into.in_use.set(name, value);
  }
  const ResourceName counted{"nodes"};
  if (const auto nodes = used.find("nodes"); nodes != used.end()) {
    BERTH_TRY(const Amount number, amount_in(*nodes, counted));
    into.nodes = static_cast<std::int32_t>(std::min(number.value(), kNodesMax));
  }
  return {};
}

} // namespace

kube::ResourceType node_pool_type(const std::string& version) {
  return {std::string(kKarpenterGroup), version, "nodepools", "NodePool", false};
}

Result<NodePool> decode_node_pool(const std::string& text) {
  BERTH_TRY(const Json object, api::parse_json(text));
  if (!object.is_object())
    return fail(Code::Invalid, "must be an object");
  BERTH_TRY(const Json metadata, object_in(object, "metadata"));
  BERTH_TRY(const Json spec, object_in(object, "spec"));
  BERTH_TRY(const Json status, object_in(object, "status"));
  const std::string version = api::text_in(object, "apiVersion");
  NodePool pool;
  pool.version = version.substr(version.find('/') + 1);
  pool.name = api::text_in(metadata, "name");
  pool.uid = api::text_in(metadata, "uid");
  if (pool.name.empty() || pool.uid.empty())
    return fail(Code::Invalid, "metadata: name and uid must be set");
  pool.is_deleted = metadata.contains("deletionTimestamp");
  pool.is_static = spec.contains("replicas");
  BERTH_CHECK(read_limits(spec, pool));
  BERTH_CHECK(read_use(status, pool));
  return pool;
}

async::Task<Result<NodePool>> NodePools::read(const api::ProviderRef& ref) {
  return group_.read<NodePool>(node_pool_type, {"", ref.name}, decode_node_pool);
}

} // namespace berth::analyzer
