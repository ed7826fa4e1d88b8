#include "analyzer/advise/resize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

/// Requests are whole multiples of these, so that a little more use is not another request.
constexpr double kCpuGrainMilli = 10;
constexpr double kMemoryGrainBytes = 8.0 * (1 << 20);
constexpr double kGrainPart = 0.02;
/// A request of nothing would make the pod the first to be evicted.
constexpr double kCpuMinMilli = 10;
constexpr double kMemoryMinBytes = 16.0 * (1 << 20);

bool is_memory(const ResourceName& resource) {
  return resource == ResourceName::memory();
}

double value_of(const resources::ResourceVector& amounts, const ResourceName& resource) {
  return static_cast<double>(amounts.get(resource).value());
}

/// Rounded up to a grain of at most kGrainPart of itself: the smallest grain doubled as often as
/// that allows, so that more is never rounded to less.
double grained(double amount, const ResourceName& resource) {
  const double grain = is_memory(resource) ? kMemoryGrainBytes : kCpuGrainMilli;
  const double grains = std::max(1.0, amount * kGrainPart / grain);
  const double step = grain * std::exp2(std::floor(std::log2(grains)));
  return std::ceil(amount / step) * step;
}

/// What is expected to be needed, before any buffer.
double needed(const ContainerDemand& demand) {
  double peak = demand.peak;
  for (const auto* points : {&demand.foresight.soon, &demand.foresight.later})
    for (const Forecast& point : *points)
      peak = std::max(peak, point.p90);
  return peak;
}

double with_buffer(const ContainerDemand& demand, const ResizeBounds& bounds) {
  return needed(demand) * (1 + bounds.buffer_percent / 100);
}

/// What one container asks for, and what the others of its pod do.
struct Asking {
  double now = 0;
  double others = 0;
};

/// Within what the others leave of a node and of the policy's range; never less than it has just
/// because there is no room.
double bounded(double wanted, const ResourceName& resource, const Asking& asking,
               const ResizeBounds& bounds) {
  const auto capped = [&](double most) {
    return std::min(wanted, std::max(most - asking.others, asking.now));
  };
  if (const double node = value_of(bounds.largest_node, resource); node > 0)
    wanted = capped(node);
  for (const api::ScalingRange& range : bounds.ranges) {
    if (range.name != resource)
      continue;
    wanted = capped(static_cast<double>(std::max(range.min, range.max).value()));
    wanted = std::max(wanted, static_cast<double>(range.min.value()) - asking.others);
  }
  return wanted;
}

double wanted_request(const ContainerDemand& demand, const Asking& asking,
                      const ResizeBounds& bounds) {
  const bool memory = is_memory(demand.resource);
  double wanted = with_buffer(demand, bounds);
  if (memory)
    wanted =
        std::max({wanted, demand.killed_at * kAfterKillPart, std::min(demand.startup, asking.now)});
  wanted = std::max(wanted, memory ? kMemoryMinBytes : kCpuMinMilli);
  return bounded(grained(wanted, demand.resource), demand.resource, asking, bounds);
}

/// The limit that goes with another request: as many times as much as before, as far as use asks
/// for it. A kill asks for a fifth more and not for that many times as much: it would multiply the
/// limit with each one. Never below the request, nor below what was used of it before.
Amount limit_for(double limit, const ContainerDemand& demand, double request, double wanted,
                 const ResizeBounds& bounds) {
  const double ratio = request > 0 ? limit / request : 1;
  const double by_use = std::min(wanted, grained(with_buffer(demand, bounds), demand.resource));
  const double kept = std::min(limit, std::max(demand.highest, demand.startup));
  return Amount{std::llround(std::max({wanted, ratio * by_use, kept}))};
}

bool may_change(const ResourceName& resource, const ResizeBounds& bounds) {
  return bounds.ranges.empty() ||
         std::ranges::find(bounds.ranges, resource, &api::ScalingRange::name) !=
             bounds.ranges.end();
}

/// `asked`: what each container asks for, with the changes before this one.
std::optional<RequestChange> change_of(const Workload& workload, const ContainerDemand& demand,
                                       const std::vector<resources::ResourceVector>& asked,
                                       const ResizeBounds& bounds) {
  const auto found =
      std::ranges::find(workload.containers, demand.container, &WorkloadContainer::name);
  const bool is_known = demand.known_for >= kRaiseNeeds || demand.killed_now;
  if (found == workload.containers.end() || !is_known || !may_change(demand.resource, bounds))
    return std::nullopt;
  const auto index = static_cast<std::size_t>(found - workload.containers.begin());
  Asking asking{value_of(found->requests, demand.resource), 0};
  for (std::size_t i = 0; i < asked.size(); ++i)
    asking.others += i == index ? 0 : value_of(asked[i], demand.resource);
  const double request = asking.now;
  const double wanted = wanted_request(demand, asking, bounds);
  const bool raises = wanted > request * kRaiseFromPart;
  const bool lowers = wanted < request * kLowerFromPart && demand.known_for >= kLowerNeeds;
  if (!raises && !lowers)
    return std::nullopt;
  RequestChange change;
  change.container = index;
  change.resource = demand.resource;
  change.request = Amount{std::llround(wanted)};
  if (found->limits.contains(demand.resource))
    change.limit =
        limit_for(value_of(found->limits, demand.resource), demand, request, wanted, bounds);
  return change;
}

/// Where something must be raised, the pods are replaced anyway, and what was killed leads; else
/// the largest saving.
void most_pressing_first(std::vector<RequestChange>& changes,
                         const std::vector<ContainerDemand>& demands) {
  const auto answers_a_kill = [&](const RequestChange& change) {
    return change.raises && demands[change.demand].killed_now;
  };
  std::ranges::stable_sort(changes, [&](const RequestChange& left, const RequestChange& right) {
    if (answers_a_kill(left) != answers_a_kill(right))
      return answers_a_kill(left);
    if (left.raises != right.raises)
      return left.raises;
    return left.raises ? left.peak_percent > right.peak_percent
                       : left.peak_percent < right.peak_percent;
  });
}

} // namespace

bool weigh(std::vector<RequestChange>& changes, const Workload& workload,
           const std::vector<ContainerDemand>& demands) {
  for (RequestChange& change : changes) {
    const WorkloadContainer& container = workload.containers[change.container];
    const auto demand = std::ranges::find_if(demands, [&](const ContainerDemand& one) {
      return one.container == container.name && one.resource == change.resource;
    });
    if (demand == demands.end())
      return false;
    change.demand = static_cast<std::size_t>(demand - demands.begin());
    const double request = value_of(container.requests, change.resource);
    change.raises = static_cast<double>(change.request.value()) > request;
    change.peak_percent =
        request > 0 ? 100 * std::max(needed(*demand), demand->killed_at) / request : 100;
  }
  most_pressing_first(changes, demands);
  return true;
}

std::vector<RequestChange> resize(const Workload& workload,
                                  const std::vector<ContainerDemand>& demands,
                                  const ResizeBounds& bounds) {
  std::vector<RequestChange> changes;
  std::vector<resources::ResourceVector> asked;
  for (const WorkloadContainer& container : workload.containers)
    asked.push_back(container.requests);
  for (const ContainerDemand& demand : demands)
    if (const auto change = change_of(workload, demand, asked, bounds)) {
      asked[change->container].set(change->resource, change->request);
      changes.push_back(*change);
    }
  ensure(weigh(changes, workload, demands), "each change rests on a demand");
  return changes;
}

} // namespace berth::analyzer
