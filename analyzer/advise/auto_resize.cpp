#include "analyzer/advise/auto_resize.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/json.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

enum class PodState { Open, Done, Sent, InProgress, Stuck, Deferred, Infeasible, Failed, Barred };

const PodContainer* container_of(const WorkloadPod& pod, const std::string& name) {
  const auto found = std::ranges::find(pod.containers, name, &PodContainer::name);
  return found == pod.containers.end() ? nullptr : &*found;
}

bool asks_for(const PodContainer& container, const RequestChange& change) {
  const auto& limits = container.asked_limits.value_or(container.limits);
  return container.requests.get(change.resource) == change.request &&
         (!change.limit || limits.get(change.resource) == *change.limit);
}

/// Whether the class of service stays: all of it guaranteed, or anything asked for at all.
bool keeps_qos(const WorkloadPod& pod, const std::vector<RequestChange>& changes) {
  if (pod.qos == PodQos::BestEffort)
    return false;
  return pod.qos != PodQos::Guaranteed ||
         std::ranges::all_of(changes, [](const RequestChange& change) {
           return change.limit && *change.limit == change.request;
         });
}

PodState state_of(const WorkloadPod& pod, const Workload& workload,
                  const std::vector<RequestChange>& changes, TimePoint now) {
  bool is_asked = true;
  for (const RequestChange& change : changes) {
    const auto* container = container_of(pod, workload.containers[change.container].name);
    if (container == nullptr)
      return PodState::Barred; // it is of another template
    is_asked = is_asked && asks_for(*container, change);
  }
  switch (pod.resize) {
  case PodResizeStage::InProgress:
    return now < pod.resize_changed + kResizeStuckAfter ? PodState::InProgress : PodState::Stuck;
  case PodResizeStage::Error: return PodState::Failed;
  case PodResizeStage::Deferred:
    if (is_asked)
      return PodState::Deferred;
    break; // for something else: that is not asked for any more
  case PodResizeStage::Infeasible:
    if (is_asked)
      return PodState::Infeasible;
    break;
  case PodResizeStage::None: break;
  }
  if (!is_asked)
    return keeps_qos(pod, changes) ? PodState::Open : PodState::Barred;
  const bool is_in_force = std::ranges::all_of(
      pod.containers, [](const PodContainer& one) { return !one.asked_limits; });
  return is_in_force ? PodState::Done : PodState::Sent;
}

api::Json amounts_of(const RequestChange& change, const resources::Amount& amount) {
  return {{std::string(change.resource.str()), quantity_of(change.resource, amount).str()}};
}

/// A strategic merge patch, which finds containers by their names; of another pod it is refused.
std::string resize_of(const WorkloadPod& pod, const Workload& workload,
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

/// The same containers and resources, as the template has them.
std::vector<RequestChange> as_before(const Workload& workload, std::vector<RequestChange> changes) {
  for (RequestChange& change : changes) {
    const WorkloadContainer& container = workload.containers[change.container];
    change.request = container.requests.get(change.resource);
    if (change.limit)
      change.limit = container.limits.get(change.resource);
  }
  return changes;
}

/// What one pod asks for more.
resources::ResourceVector growth_of(const Workload& workload,
                                    const std::vector<RequestChange>& changes) {
  resources::ResourceVector growth;
  for (const RequestChange& change : changes) {
    const auto more =
        change.request - workload.containers[change.container].requests.get(change.resource);
    growth.set(change.resource, growth.get(change.resource) + more);
  }
  return growth;
}

/// When another change of the target's requests was carried out last.
std::optional<TimePoint> last_change(const std::vector<RecommendationPtr>& known,
                                     const api::ObjectKey& but) {
  std::optional<TimePoint> last;
  for (const auto& one : known)
    if (const auto& carried = one->status.carried_out; carried && one->meta.key() != but)
      last = std::max(last.value_or(carried->at), carried->at);
  return last;
}

void say(Plan& plan, const api::ScalingRecommendation& one, Reason reason, std::string message,
         TimePoint now) {
  const bool is_done = reason == Reason::Applied;
  const auto* before = api::find_condition(one.status.conditions, "Applied");
  if (before != nullptr && before->reason == reason && before->message == message)
    return;
  api::ScalingRecommendationStatus status = one.status;
  if (is_done)
    status.applied_at = std::chrono::floor<std::chrono::seconds>(now);
  api::Condition applied;
  applied.type = "Applied";
  applied.status = is_done ? api::ConditionStatus::True : api::ConditionStatus::False;
  applied.reason = reason;
  applied.message = std::move(message);
  applied.observed_generation = one.meta.generation;
  api::set_condition(status.conditions, std::move(applied), now);
  amend_status(plan, one.meta, std::move(status));
}

Reason reason_of(const ResizeProgress& progress) {
  if (progress.running > 0 && progress.done == progress.running)
    return Reason::Applied;
  if (progress.infeasible > 0 || progress.barred > 0)
    return Reason::ResizeInfeasible;
  return progress.deferred > 0 ? Reason::ResizeDeferred : Reason::Resizing;
}

/// Those whose turn it is: it goes round, so that who is refused each time keeps nobody back.
std::vector<WorkloadPodPtr> turn_of(const ResizeProgress& progress,
                                    std::optional<std::int32_t> most, TimePoint now) {
  const auto at_once = std::max(1, progress.running * kResizingPercentMax / 100);
  const std::int32_t free = std::min(at_once - progress.holding, most.value_or(at_once));
  const std::size_t count = std::min(
      {static_cast<std::size_t>(std::max(free, 0)), kPodResizesPerCycleMax, progress.open.size()});
  std::vector<WorkloadPodPtr> turn;
  if (count == 0)
    return turn;
  const auto minutes = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
  const std::size_t first = static_cast<std::size_t>(minutes) * count % progress.open.size();
  for (std::size_t i = 0; i < count; ++i)
    turn.push_back(progress.open[(first + i) % progress.open.size()]);
  return turn;
}

} // namespace

ResizeProgress progress_of(const std::vector<WorkloadPodPtr>& pods, const Workload& workload,
                           const std::vector<RequestChange>& changes, TimePoint now) {
  ResizeProgress progress;
  for (const auto& pod : pods) {
    if (pod->stage != PodStage::Running)
      continue;
    ++progress.running;
    switch (state_of(*pod, workload, changes, now)) {
    case PodState::Open: progress.open.push_back(pod); break;
    case PodState::Done: ++progress.done; break;
    case PodState::Sent: ++progress.in_progress; break;
    case PodState::InProgress:
      ++progress.in_progress;
      ++progress.holding;
      break;
    case PodState::Stuck: ++progress.stuck; break;
    case PodState::Deferred: ++progress.deferred; break;
    case PodState::Infeasible: ++progress.infeasible; break;
    case PodState::Failed: ++progress.failed; break;
    case PodState::Barred: ++progress.barred; break;
    }
  }
  std::ranges::sort(progress.open, {}, [](const auto& pod) { return pod->meta.key(); });
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

void act_on_requests(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                     const WantedResize& wanted, TimePoint now) {
  const auto known = of_kinds(view.recommendations, {RecommendationKind::Resize});
  auto one = planned(plan, known, wanted.key);
  if (!one)
    return;
  const Workload& workload = *view.workload;
  const ResizeProgress progress = progress_of(facts.pods, workload, wanted.changes, now);
  if (progress.running == 0)
    return;
  const auto last = last_change(known, wanted.key);
  const TimePoint ready = last.value_or(TimePoint{}) + view.policy->spec.cooldown;
  if (last && now < ready)
    return say(plan, *one, Reason::CoolingDown, "It waits until " + format_time(ready), now);
  const auto growth = growth_of(workload, wanted.changes);
  const bool is_charged = !growth.is_nothing() && view.admission;
  const std::optional<std::int32_t> most =
      is_charged ? std::optional(facts.quota_times ? facts.quota_times(growth).value_or(0) : 0)
                 : std::nullopt;
  const auto turn = turn_of(progress, most, now);
  if (!turn.empty() && !one->status.carried_out) {
    one->status.carried_out =
        api::CarriedOut{std::chrono::floor<std::chrono::seconds>(now), one->spec.action.patch,
                        resize_patch(workload, as_before(workload, wanted.changes)), std::nullopt};
    amend_status(plan, one->meta, one->status);
  }
  const auto* valid = api::find_condition(one->status.conditions, "Valid");
  for (const auto& pod : turn)
    plan.resizes.push_back({pod->meta.key(), resize_of(*pod, workload, wanted.changes),
                            pod->meta.uid, one->meta.key(),
                            valid == nullptr ? std::string() : valid->message});
  const bool is_short = most && *most < 1 && !progress.open.empty();
  if (is_short)
    return say(plan, *one, Reason::InsufficientQuota,
               describe(progress) + "; the quota has no room for more, or does not say", now);
  say(plan, *one, reason_of(progress), describe(progress), now);
}

} // namespace berth::analyzer
