// The patch of a resize: written, and read back.

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyzer/advise/resize.hpp"
#include "lib/api/json_reading.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::Quantity;
using resources::ResourceName;

/// Two requests are the same if they differ by less.
constexpr double kClosePart = 0.15;

std::string pointer(const WorkloadContainer& container) {
  return std::string("/spec/template/spec/") +
         (container.is_sidecar ? "initContainers/" : "containers/") +
         std::to_string(container.position);
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
  const std::string path = api::text_in(one, "path");
  const auto quantity = Quantity::parse(api::text_in(one, "value"));
  if (!quantity)
    return std::nullopt;
  for (std::size_t i = 0; i < workload.containers.size(); ++i)
    for (const bool is_limit : {false, true}) {
      const std::string map =
          pointer(workload.containers[i]) + "/resources/" + (is_limit ? "limits/" : "requests/");
      if (!path.starts_with(map))
        continue;
      const ResourceName resource{path.substr(map.size())};
      return Asked{i, is_limit, resource, amount_of(resource, *quantity)};
    }
  return std::nullopt;
}

/// Whether the container that a step of the patch tests for is where it says.
bool is_tested_right(const Workload& workload, const api::Json& one) {
  return std::ranges::any_of(workload.containers, [&](const WorkloadContainer& container) {
    return api::text_in(one, "path") == pointer(container) + "/name" &&
           api::text_in(one, "value") == container.name;
  });
}

/// Nothing for a patch of a workload with other containers.
std::optional<std::vector<Asked>> read_patch(const Workload& workload, const std::string& patch) {
  const auto steps = api::parse_json(patch);
  if (!steps || !steps->is_array())
    return std::nullopt;
  std::vector<Asked> asked;
  for (const auto& one : *steps) {
    if (api::text_in(one, "op") == "test" && !is_tested_right(workload, one))
      return std::nullopt;
    if (auto found = asked_by(workload, one))
      asked.push_back(std::move(*found));
  }
  return asked;
}

/// The change of the same request; null where there is none.
template <class Changes, class One>
auto* find_same(Changes& changes, const One& like) {
  const auto found = std::ranges::find_if(changes, [&](const RequestChange& one) {
    return one.container == like.container && one.resource == like.resource;
  });
  return found == changes.end() ? nullptr : &*found;
}

/// How much more `one` asks for than `wanted`, as a part of what is wanted.
double difference_part(const RequestChange& one, const RequestChange& wanted) {
  const auto amount = static_cast<double>(wanted.request.value());
  return (static_cast<double>(one.request.value()) - amount) / amount;
}

} // namespace

std::string resize_patch(const Workload& workload, const std::vector<RequestChange>& changes) {
  std::vector<RequestChange> ordered = changes;
  std::ranges::sort(ordered, {}, [](const RequestChange& change) {
    return std::pair(change.container, std::string(change.resource.str()));
  });
  api::Json steps = api::Json::array();
  std::optional<std::size_t> last;
  for (const RequestChange& change : ordered) {
    const WorkloadContainer& container = workload.containers[change.container];
    const std::string path = pointer(container);
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

std::vector<RequestChange> changes_in(const Workload& workload, const std::string& patch) {
  std::vector<RequestChange> changes;
  const auto asked = read_patch(workload, patch);
  if (!asked)
    return changes;
  for (const Asked& one : *asked)
    if (!one.is_limit)
      changes.push_back({one.container, one.resource, one.amount});
  for (const Asked& one : *asked)
    if (auto* change = one.is_limit ? find_same(changes, one) : nullptr)
      change->limit = one.amount;
  return changes;
}

std::optional<std::vector<RequestChange>> changes_of(const Workload& workload,
                                                     const std::string& patch,
                                                     const std::vector<ContainerDemand>& demands) {
  auto changes = changes_in(workload, patch);
  const bool is_known = !changes.empty() && weigh(changes, workload, demands);
  return is_known ? std::optional(std::move(changes)) : std::nullopt;
}

bool is_close(const std::vector<RequestChange>& standing,
              const std::vector<RequestChange>& wanted) {
  return standing.size() == wanted.size() &&
         std::ranges::all_of(standing, [&](const RequestChange& one) {
           const auto* same = find_same(wanted, one);
           return same != nullptr && std::abs(difference_part(one, *same)) <= kClosePart;
         });
}

bool still_helps(const std::vector<RequestChange>& standing,
                 const std::vector<RequestChange>& wanted) {
  return std::ranges::all_of(standing, [&](const RequestChange& one) {
    const auto* same = find_same(wanted, one);
    if (one.raises)
      return same == nullptr || same->raises;
    return same != nullptr && !same->raises && difference_part(one, *same) >= -kClosePart;
  });
}

} // namespace berth::analyzer
