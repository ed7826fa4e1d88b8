#include "analyzer/advise/resize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::Quantity;
using resources::ResourceName;

/// Requests are whole multiples of these, so that a little more use is not another request.
constexpr double kCpuGrainMilli = 10;
constexpr double kMemoryGrainBytes = 8.0 * (1 << 20);
constexpr double kGrainPart = 0.02;
/// Two requests are the same if they differ by less.
constexpr double kClosePart = 0.15;
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
  double peak = std::max(demand.peak, is_memory(demand.resource) ? demand.startup : 0.0);
  for (const auto* points : {&demand.foresight.soon, &demand.foresight.later})
    for (const Forecast& point : *points)
      peak = std::max(peak, point.p90);
  return peak;
}

double wanted_request(const ContainerDemand& demand, const ResizeBounds& bounds) {
  const bool memory = is_memory(demand.resource);
  double wanted = needed(demand) * (1 + bounds.buffer_percent / 100);
  if (memory)
    wanted = std::max(wanted, demand.killed_at * kAfterKillPart);
  wanted = std::max(wanted, memory ? kMemoryMinBytes : kCpuMinMilli);
  wanted = grained(wanted, demand.resource);
  if (const double node = value_of(bounds.largest_node, demand.resource); node > 0)
    wanted = std::min(wanted, node);
  for (const api::ScalingRange& range : bounds.ranges)
    if (range.name == demand.resource)
      wanted = std::clamp(wanted, static_cast<double>(range.min.value()),
                          static_cast<double>(std::max(range.min, range.max).value()));
  return wanted;
}

/// The limit that goes with another request: as many times as much as before, and for memory never
/// below what is wanted. Nothing where there is none.
std::optional<Amount> limit_for(const WorkloadContainer& container, const ResourceName& resource,
                                double request, double wanted) {
  if (!container.limits.contains(resource))
    return std::nullopt;
  const double before = value_of(container.limits, resource);
  const double limit = request > 0 ? before / request * wanted : std::max(before, wanted);
  return Amount{std::llround(std::max(limit, wanted))};
}

std::optional<RequestChange> change_of(const Workload& workload, const ContainerDemand& demand,
                                       const ResizeBounds& bounds) {
  const auto found =
      std::ranges::find(workload.containers, demand.container, &WorkloadContainer::name);
  if (found == workload.containers.end() || demand.known_for < kRaiseNeeds)
    return std::nullopt;
  const double request = value_of(found->requests, demand.resource);
  const double wanted = wanted_request(demand, bounds);
  const bool raises = wanted > request * kRaiseFromPart;
  const bool lowers = wanted < request * kLowerFromPart && demand.known_for >= kLowerNeeds;
  if (!raises && !lowers)
    return std::nullopt;
  RequestChange change;
  change.container = static_cast<std::size_t>(found - workload.containers.begin());
  change.resource = demand.resource;
  change.request = Amount{std::llround(wanted)};
  change.limit = limit_for(*found, demand.resource, request, wanted);
  change.raises = raises;
  change.peak_percent =
      request > 0 ? 100 * std::max(needed(demand), demand.killed_at) / request : 100;
  return change;
}

std::string pointer(std::size_t container) {
  return "/spec/template/spec/containers/" + std::to_string(container);
}

api::Json step(const char* op, std::string path, api::Json value) {
  return {{"op", op}, {"path", std::move(path)}, {"value", std::move(value)}};
}

/// What a patch asks one container for: "/spec/template/spec/containers/0/resources/requests/cpu".
struct Asked {
  std::size_t container = 0;
  bool is_limit = false;
  ResourceName resource{""};
  Amount amount{};
};

std::optional<Asked> asked_by(const Workload& workload, const api::Json& one) {
  const std::string prefix = "/spec/template/spec/containers/";
  const auto text = [&](const char* name) {
    return one.is_object() && one.contains(name) && one.at(name).is_string()
               ? one.at(name).get<std::string>()
               : std::string();
  };
  const std::string path = text("path");
  const auto quantity = Quantity::parse(text("value"));
  if (!path.starts_with(prefix) || !quantity)
    return std::nullopt;
  for (std::size_t i = 0; i < workload.containers.size(); ++i)
    for (const bool is_limit : {false, true}) {
      const std::string map = pointer(i) + "/resources/" + (is_limit ? "limits/" : "requests/");
      if (!path.starts_with(map))
        continue;
      const ResourceName resource{path.substr(map.size())};
      return Asked{i, is_limit, resource, amount_of(resource, *quantity)};
    }
  return std::nullopt;
}

std::optional<std::vector<Asked>> read_patch(const Workload& workload, const std::string& patch) {
  const auto steps = api::parse_json(patch);
  if (!steps || !steps->is_array())
    return std::nullopt;
  std::vector<Asked> asked;
  for (const auto& one : *steps)
    if (auto found = asked_by(workload, one))
      asked.push_back(std::move(*found));
  return asked;
}

} // namespace

std::vector<RequestChange> resize(const Workload& workload,
                                  const std::vector<ContainerDemand>& demands,
                                  const ResizeBounds& bounds) {
  std::vector<RequestChange> changes;
  for (std::size_t i = 0; i < demands.size(); ++i)
    if (auto change = change_of(workload, demands[i], bounds)) {
      change->demand = i;
      changes.push_back(std::move(*change));
    }
  // Where something must be raised, the pods are replaced anyway; else the largest saving leads.
  std::ranges::stable_sort(changes, [](const RequestChange& left, const RequestChange& right) {
    if (left.raises != right.raises)
      return left.raises;
    return left.raises ? left.peak_percent > right.peak_percent
                       : left.peak_percent < right.peak_percent;
  });
  return changes;
}

std::string resize_patch(const Workload& workload, const std::vector<RequestChange>& changes) {
  std::vector<RequestChange> ordered = changes;
  std::ranges::sort(ordered, {}, [](const RequestChange& change) {
    return std::pair(change.container, std::string(change.resource.str()));
  });
  api::Json steps = api::Json::array();
  std::optional<std::size_t> last;
  for (const RequestChange& change : ordered) {
    const WorkloadContainer& container = workload.containers[change.container];
    const std::string path = pointer(change.container);
    if (last != change.container) {
      steps.push_back(step("test", path + "/name", container.name));
      if (!container.has_requests)
        steps.push_back(step("add", path + "/resources/requests", api::Json::object()));
    }
    last = change.container;
    const std::string name(change.resource.str());
    steps.push_back(step("add", path + "/resources/requests/" + name,
                         quantity_of(change.resource, change.request).str()));
    if (change.limit)
      steps.push_back(step("add", path + "/resources/limits/" + name,
                           quantity_of(change.resource, *change.limit).str()));
  }
  return api::to_text(steps);
}

std::optional<bool> is_resized(const Workload& workload, const std::string& patch) {
  const auto asked = read_patch(workload, patch);
  if (!asked || asked->empty())
    return std::nullopt;
  return std::ranges::all_of(*asked, [&](const Asked& one) {
    const WorkloadContainer& container = workload.containers[one.container];
    return (one.is_limit ? container.limits : container.requests).get(one.resource) == one.amount;
  });
}

bool is_close(const Workload& workload, const std::string& patch,
              const std::vector<RequestChange>& changes) {
  const auto asked = read_patch(workload, patch);
  if (!asked)
    return false;
  const auto requests = std::ranges::count(*asked, false, &Asked::is_limit);
  if (std::cmp_not_equal(requests, changes.size()))
    return false;
  return std::ranges::all_of(changes, [&](const RequestChange& change) {
    return std::ranges::any_of(*asked, [&](const Asked& one) {
      const auto wanted = static_cast<double>(change.request.value());
      return !one.is_limit && one.container == change.container &&
             one.resource == change.resource &&
             std::abs(static_cast<double>(one.amount.value()) - wanted) <= kClosePart * wanted;
    });
  });
}

} // namespace berth::analyzer
