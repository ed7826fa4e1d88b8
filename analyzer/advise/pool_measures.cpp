#include "analyzer/advise/pool_measures.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "analyzer/advise/number.hpp"
#include "analyzer/advise/pool_placement.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/model/moves/defragment.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

/// What a node uses of which nothing is measured: neither idle nor used up.
constexpr double kUnmeasuredPart = 0.75;

const MeasuredNode::Usage* fresh_usage(const PoolView& pool, const NodeName& name, TimePoint now,
                                       Duration stale_after) {
  const auto node = std::ranges::lower_bound(pool.nodes, name, {}, &MeasuredNode::name);
  const bool is_fresh = node != pool.nodes.end() && node->name == name && node->usage &&
                        node->usage->at >= now - stale_after &&
                        node->usage->at <= now + stale_after;
  return is_fresh ? &*node->usage : nullptr;
}

/// cpu, memory and devices.
std::vector<ResourceName> resources_of(const PoolPods& pods) {
  std::set<ResourceName> found(judged_resources().begin(), judged_resources().end());
  for (const PoolNode& node : pods.nodes)
    for (const auto& [resource, amount] : node.allocatable)
      if (std::string_view(resource.str()).find('/') != std::string_view::npos)
        found.insert(resource);
  return {found.begin(), found.end()};
}

/// Nodes that pods are kept off serve other work.
bool serves_all(const PoolNode& node) {
  return node.takes_pods && node.keeps_off.empty();
}

/// Of those that wait and that a node could hold: for the others no node of the pool is right.
std::vector<ResourceVector> waiting_requests(const PoolPods& pool) {
  std::vector<ResourceVector> requests;
  for (const auto& pod : pool.waiting) {
    ResourceVector asked = requests_of(*pod);
    const bool fits_somewhere = std::ranges::any_of(pool.nodes, [&](const PoolNode& node) {
      return serves_all(node) && asked.fits_within(node.allocatable);
    });
    if (fits_somewhere)
      requests.push_back(std::move(asked));
  }
  return requests;
}

ResourceLoad load_of(const PoolView& pool, const ResourceName& resource,
                     const std::vector<ResourceVector>& waiting, TimePoint now,
                     Duration stale_after) {
  ResourceLoad load;
  load.resource = resource;
  for (const PoolNode& node : pool.pods->nodes) {
    if (!serves_all(node) || !node.allocatable.contains(resource))
      continue;
    NodeLoad one;
    one.allocatable = number(node.allocatable.get(resource));
    one.allocated = number(node.requested.get(resource));
    one.pods = node.pods;
    const auto* usage = fresh_usage(pool, node.name, now, stale_after);
    one.used = usage != nullptr && usage->used.contains(resource)
                   ? number(usage->used.get(resource))
                   : std::min(one.allocated, one.allocatable) * kUnmeasuredPart;
    load.nodes.push_back(one);
  }
  for (const ResourceVector& asked : waiting)
    if (const Amount amount = asked.get(resource); Amount{} < amount)
      load.waiting.push_back(number(amount));
  return load;
}

/// Nothing with fewer than two measured nodes.
std::optional<double> busiest_share(const PoolView& pool, const ResourceName& resource,
                                    TimePoint now, Duration stale_after) {
  double busiest = 0;
  int measured = 0;
  for (const MeasuredNode& node : pool.nodes) {
    const auto* usage = fresh_usage(pool, node.name, now, stale_after);
    const double whole = number(node.allocatable.get(resource));
    if (usage == nullptr || !usage->used.contains(resource) || whole <= 0)
      continue;
    ++measured;
    busiest = std::max(busiest, number(usage->used.get(resource)) / whole);
  }
  return measured >= 2 ? std::optional(busiest) : std::nullopt;
}

std::int64_t size_in(const PoolPods& pool, const ResourceVector& requests) {
  ResourceVector whole;
  for (const PoolNode& node : pool.nodes)
    whole.raise_to(node.allocatable);
  std::int64_t size = 0;
  for (const auto& [resource, amount] : requests)
    if (const Amount most = whole.get(resource); Amount{} < most)
      size = std::max(size, resources::scaled(amount, 1000, most.value()).value());
  return size;
}

} // namespace

std::string bottleneck_metric(const Bottleneck& bottleneck) {
  std::string kind(to_string(bottleneck.kind));
  std::ranges::transform(kind, kind.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return "share/" + kind + '/' + std::string(bottleneck.resource.str());
}

std::string busiest_metric(const ResourceName& resource) {
  return "share/busiest-node/" + std::string(resource.str());
}

std::vector<std::pair<std::shared_ptr<const WorkloadPod>, ResourceVector>>
largest_waiting(const PoolPods& pool) {
  std::vector<std::pair<std::shared_ptr<const WorkloadPod>, ResourceVector>> requests;
  std::set<ResourceVector> seen;
  for (const auto& pod : pool.waiting) {
    ResourceVector asked = requests_of(*pod);
    const bool is_new = seen.insert(asked).second;
    const bool fits_somewhere = is_new && std::ranges::any_of(pool.nodes, [&](const auto& node) {
                                  return serves_all(node) && asked.fits_within(node.allocatable);
                                });
    if (fits_somewhere)
      requests.emplace_back(pod, std::move(asked));
  }
  std::ranges::stable_sort(requests, std::ranges::greater{},
                           [&](const auto& one) { return size_in(pool, one.second); });
  return requests;
}

PoolMeasures measure(const PoolView& pool, TimePoint now, Duration stale_after) {
  PoolMeasures measures;
  if (!pool.pods)
    return measures;
  const auto requests = waiting_requests(*pool.pods);
  for (const ResourceName& resource : resources_of(*pool.pods))
    measures.loads.push_back(load_of(pool, resource, requests, now, stale_after));
  measures.bottlenecks = find_bottlenecks(measures.loads);
  for (const Bottleneck& one : measures.bottlenecks)
    measures.shares[bottleneck_metric(one)] = kWholeShare * one.share;
  for (const ResourceName& resource : judged_resources())
    if (const auto busiest = busiest_share(pool, resource, now, stale_after))
      measures.shares[busiest_metric(resource)] = kWholeShare * *busiest;
  const auto waiting = largest_waiting(*pool.pods);
  if (!waiting.empty())
    measures.shares[kLargestBlockMetric] =
        static_cast<double>(largest_block(placed_nodes(*pool.pods), waiting.front().second));
  return measures;
}

std::vector<Bottleneck> with_foreseen(std::vector<ResourceLoad> loads,
                                      const std::vector<Outlook>& used) {
  for (ResourceLoad& load : loads) {
    const auto outlook = std::ranges::find(used, load.resource, &Outlook::resource);
    if (outlook != used.end() && outlook->metrics == Reason::MetricsAvailable)
      load.foreseen_peak = outlook->expected_peak();
  }
  return find_bottlenecks(loads);
}

} // namespace berth::analyzer
