#include "analyzer/advise/resize_progress.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/settings.hpp"
#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceVector;

enum class PodState {
  Open,
  Done,
  Sent,
  InProgress,
  Stuck,
  Deferred,
  GivenUp,
  Infeasible,
  Failed,
  Barred
};

const PodContainer* container_of(const WorkloadPod& pod, const std::string& name) {
  const auto found = std::ranges::find(pod.containers, name, &PodContainer::name);
  return found == pod.containers.end() ? nullptr : &*found;
}

const PodContainer* container_of(const WorkloadPod& pod, const Workload& workload,
                                 const RequestChange& change) {
  return container_of(pod, workload.containers[change.container].name);
}

/// Of the spec, whether or not they are in force.
const ResourceVector& limits_of(const PodContainer& container) {
  return container.asked_limits ? *container.asked_limits : container.limits;
}

bool asks_for(const PodContainer& container, const RequestChange& change) {
  return container.requests.get(change.resource) == change.request &&
         (!change.limit || limits_of(container).get(change.resource) == *change.limit);
}

bool is_in_force(const PodContainer& container, const RequestChange& change) {
  const ResourceVector& requests = container.requests_in_force.value_or(container.requests);
  return requests.get(change.resource) == change.request &&
         (!change.limit || container.limits.get(change.resource) == *change.limit);
}

bool must_restart(const PodContainer& container, const RequestChange& change) {
  return std::ranges::find(container.restarts_for, change.resource) != container.restarts_for.end();
}

/// The class of service that the API server will find: it refuses a resize that changes it.
PodQos qos_after(const WorkloadPod& pod, const Workload& workload,
                 const std::vector<RequestChange>& changes) {
  bool is_guaranteed = true;
  bool asks = false;
  for (const PodContainer& container : pod.containers) {
    ResourceVector requests = container.requests;
    ResourceVector limits = limits_of(container);
    for (const RequestChange& change : changes) {
      if (workload.containers[change.container].name != container.name)
        continue;
      requests.set(change.resource, change.request);
      if (change.limit)
        limits.set(change.resource, *change.limit);
    }
    for (const auto& resource : judged_resources()) {
      const Amount request = requests.get(resource);
      const Amount limit = limits.get(resource);
      asks = asks || Amount{} < request || Amount{} < limit;
      is_guaranteed = is_guaranteed && Amount{} < limit && request == limit;
    }
  }
  if (!asks)
    return PodQos::BestEffort;
  return is_guaranteed ? PodQos::Guaranteed : PodQos::Burstable;
}

PodState state_of(const WorkloadPod& pod, const Workload& workload,
                  const std::vector<RequestChange>& changes, TimePoint now) {
  bool asked = true;
  bool in_force = true;
  for (const RequestChange& change : changes) {
    const auto* container = container_of(pod, workload, change);
    if (container == nullptr)
      return PodState::Barred; // it is of another template
    asked = asked && asks_for(*container, change);
    in_force = in_force && is_in_force(*container, change);
  }
  // How far it is with anything else is not waited for: what it waits for may never come.
  if (!asked)
    return pod.qos == PodQos::Unknown || qos_after(pod, workload, changes) == pod.qos
               ? PodState::Open
               : PodState::Barred;
  const bool is_late = now >= pod.resize_changed + kResizeStuckAfter;
  switch (pod.resize) {
  case PodResizeStage::InProgress: return is_late ? PodState::Stuck : PodState::InProgress;
  case PodResizeStage::Error: return PodState::Failed;
  case PodResizeStage::Deferred: return is_late ? PodState::GivenUp : PodState::Deferred;
  case PodResizeStage::Infeasible: return PodState::Infeasible;
  case PodResizeStage::None: break;
  }
  return in_force ? PodState::Done : PodState::Sent;
}

/// What is in force of what a pod waits for; nothing where the kubelet does not say.
std::optional<std::vector<RequestChange>> in_force(const WorkloadPod& pod, const Workload& workload,
                                                   std::vector<RequestChange> changes) {
  bool is_known = false;
  for (RequestChange& change : changes) {
    const PodContainer& container = *container_of(pod, workload, change);
    is_known = is_known || container.requests_in_force || container.asked_limits;
    if (container.requests_in_force && container.requests_in_force->contains(change.resource))
      change.request = container.requests_in_force->get(change.resource);
    if (change.limit)
      change.limit = container.limits.get(change.resource);
  }
  return is_known ? std::optional(std::move(changes)) : std::nullopt;
}

void count(ResizeProgress& progress, PodState state) {
  switch (state) {
  case PodState::Open: break;
  case PodState::Done: ++progress.done; break;
  case PodState::Sent:
  case PodState::InProgress: ++progress.in_progress; break;
  case PodState::Stuck: ++progress.stuck; break;
  case PodState::Deferred:
  case PodState::GivenUp: ++progress.deferred; break;
  case PodState::Infeasible: ++progress.infeasible; break;
  case PodState::Failed: ++progress.failed; break;
  case PodState::Barred: ++progress.barred; break;
  }
}

/// Whether others wait for it. Where containers are started anew, so they do for one that is about
/// to be, and for one that is not ready again yet.
bool holds(const WorkloadPod& pod, PodState state, bool restarts) {
  if (state == PodState::InProgress || state == PodState::Deferred)
    return true;
  return restarts && state != PodState::Open && (!pod.ready || state == PodState::Sent);
}

api::Json amounts_of(const RequestChange& change, const Amount& amount) {
  return {{std::string(change.resource.str()), quantity_of(change.resource, amount).str()}};
}

} // namespace

ResizeProgress progress_of(const std::vector<WorkloadPodPtr>& pods, const Workload& workload,
                           const std::vector<RequestChange>& changes, TimePoint now) {
  ResizeProgress progress;
  std::vector<std::pair<WorkloadPodPtr, PodState>> running;
  for (const auto& pod : pods) {
    if (pod->stage != PodStage::Running)
      continue;
    running.emplace_back(pod, state_of(*pod, workload, changes, now));
    for (const RequestChange& change : changes)
      if (const auto* container = container_of(*pod, workload, change))
        progress.restarts = progress.restarts || must_restart(*container, change);
  }
  progress.running = static_cast<std::int32_t>(running.size());
  for (const auto& [pod, state] : running) {
    count(progress, state);
    progress.holding += holds(*pod, state, progress.restarts) ? 1 : 0;
    if (state == PodState::Open)
      progress.open.push_back(pod);
    if (state == PodState::GivenUp && in_force(*pod, workload, changes))
      progress.given_up.push_back(pod);
  }
  return progress;
}

std::string describe(const ResizeProgress& progress) {
  std::string text = std::to_string(progress.done) + " of " + std::to_string(progress.running) +
                     " running pods have it";
  const auto add = [&text](std::int32_t number, const char* what) {
    if (number > 0)
      text += "; " + std::to_string(number) + ' ' + what;
  };
  add(progress.in_progress, "being resized");
  add(progress.stuck, "being resized for more than 10 minutes");
  add(progress.deferred, "waiting for room on the node");
  add(progress.infeasible, "on a node that can never give so much");
  add(progress.failed, "failed, and tried again by the kubelet");
  add(progress.barred, "that cannot be resized in place: another template, or it would change "
                       "the QoS class");
  return text;
}

ResourceVector growth_of(const WorkloadPod& pod, const Workload& workload,
                         const std::vector<RequestChange>& changes) {
  ResourceVector more;
  for (const RequestChange& change : changes)
    if (const auto* container = container_of(pod, workload, change))
      more.set(change.resource, more.get(change.resource) + change.request -
                                    container->requests.get(change.resource));
  ResourceVector growth;
  for (const auto& [name, amount] : more)
    if (Amount{} < amount)
      growth.set(name, amount);
  return growth;
}

std::string pod_patch(const WorkloadPod& pod, const Workload& workload,
                      const std::vector<RequestChange>& changes) {
  api::Json spec = api::Json::object();
  for (const RequestChange& change : changes) {
    const std::string& name = workload.containers[change.container].name;
    const bool is_sidecar = container_of(pod, name)->is_sidecar;
    api::Json& list = spec[is_sidecar ? "initContainers" : "containers"];
    if (list.is_null())
      list = api::Json::array();
    auto at = std::ranges::find_if(list, [&](const api::Json& one) { return one["name"] == name; });
    if (at == list.end()) {
      list.push_back({{"name", name}});
      at = std::prev(list.end());
    }
    (*at)["resources"]["requests"].update(amounts_of(change, change.request));
    if (change.limit)
      (*at)["resources"]["limits"].update(amounts_of(change, *change.limit));
  }
  return api::to_text(api::Json{{"metadata", {{"uid", pod.meta.uid}}}, {"spec", std::move(spec)}});
}

std::string take_back_patch(const WorkloadPod& pod, const Workload& workload,
                            std::vector<RequestChange> changes) {
  const auto back = in_force(pod, workload, changes);
  return pod_patch(pod, workload, back.value_or(std::move(changes)));
}

} // namespace berth::analyzer
