#include "lib/allocation/pod_weight.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

/// The most of desired, allocated and actual; without the desired where it will never come.
ResourceVector effective(const RequestSet& requests, bool resize_infeasible) {
  const bool is_reported = !requests.allocated.empty() || !requests.actual.empty();
  ResourceVector amounts;
  if (!resize_infeasible || !is_reported)
    amounts = requests.desired;
  amounts.raise_to(requests.allocated);
  amounts.raise_to(requests.actual);
  return amounts;
}

/// The containers' part. A plain init container runs beside the sidecars that started before it;
/// the containers run beside all sidecars.
ResourceVector container_requests(const PodResources& pod) {
  ResourceVector sidecars;
  ResourceVector largest_step;
  for (const InitContainer& init : pod.init_containers) {
    const ResourceVector own = effective(init.requests, pod.resize_infeasible);
    if (init.is_sidecar)
      sidecars += own;
    largest_step.raise_to(init.is_sidecar ? sidecars : own + sidecars);
  }
  ResourceVector together = sidecars;
  for (const RequestSet& container : pod.containers)
    together += effective(container, pod.resize_infeasible);
  together.raise_to(largest_step);
  return together;
}

ResourceVector without_negatives(const ResourceVector& amounts) {
  ResourceVector result;
  for (const auto& [name, amount] : amounts)
    result.set(name, std::max(amount, Amount{}));
  return result;
}

} // namespace

ResourceVector weigh(const PodResources& pod) {
  ResourceVector weight = container_requests(pod);
  if (pod.pod_level)
    for (const auto& [name, amount] : effective(*pod.pod_level, pod.resize_infeasible))
      weight.set(name, amount);
  weight += pod.overhead;
  weight.set(ResourceName::pods(), Amount{1});
  return without_negatives(weight);
}

} // namespace berth::allocation
