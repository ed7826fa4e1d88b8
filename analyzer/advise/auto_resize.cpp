#include "analyzer/advise/auto_resize.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "lib/base/fnv.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceVector;

Reason reason_of(const ResizeProgress& progress) {
  if (progress.running > 0 && progress.done == progress.running)
    return Reason::Applied;
  if (progress.infeasible > 0 || progress.barred > 0)
    return Reason::ResizeInfeasible;
  return progress.deferred > 0 ? Reason::ResizeDeferred : Reason::Resizing;
}

/// As though drawn anew each minute, so that who is refused each time keeps nobody back, however
/// long a cycle is. Those that do not work are first where containers are started anew.
std::vector<WorkloadPodPtr> in_turn(const ResizeProgress& progress, TimePoint now) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
  std::vector<WorkloadPodPtr> pods = progress.open;
  std::ranges::sort(pods, {}, [&](const WorkloadPodPtr& pod) {
    return std::tuple(progress.restarts && pod->ready,
                      fnv1a(std::to_string(minutes) + pod->meta.uid), pod->meta.uid);
  });
  return pods;
}

/// Those whose turn it is.
struct Turn {
  std::vector<WorkloadPodPtr> pods{};
  ResourceVector growth{};
  std::optional<Reason> short_of{}; ///< why one of them is left out
};

/// What running pods may be asked for beside `taken`, which this plan asks for already.
std::optional<Reason> short_of(const std::optional<GrowthRoom>& room, const ResourceVector& growth,
                               const ResourceVector& taken) {
  std::optional<Reason> reason;
  if (!room || growth.is_nothing())
    return reason;
  const auto has = [&](const ResourceVector& left) {
    return std::ranges::all_of(growth, [&](const auto& more) {
      return taken.get(more.name) + more.amount <= left.get(more.name);
    });
  };
  if (!has(room->quota))
    reason = Reason::InsufficientQuota;
  else if (!has(room->pool) || !growth.fits_within(room->block))
    reason = Reason::InsufficientCapacity;
  return reason;
}

Turn turn_of(const ResizeProgress& progress, const Workload& workload,
             const std::vector<RequestChange>& changes, const WorkloadFacts& facts,
             const ResourceVector& taken, std::size_t most, TimePoint now) {
  const auto at_once = std::max(1, progress.running * kResizingPercentMax / 100);
  const std::int32_t free = at_once - progress.holding;
  const auto down = std::ranges::count_if(
      progress.open, [&](const auto& pod) { return progress.restarts && !pod->ready; });
  std::ptrdiff_t asked_down = 0;
  Turn turn;
  for (const auto& pod : in_turn(progress, now)) {
    // Who is down already is not one more that is down; they are first.
    const bool is_down = progress.restarts && !pod->ready;
    const auto asked_ready = std::ssize(turn.pods) - (is_down ? 0 : asked_down);
    if (asked_ready >= (is_down ? free : free - down) || turn.pods.size() >= most)
      break;
    const auto growth = growth_of(*pod, workload, changes);
    if (const auto why = short_of(facts.growth_room, growth, taken + turn.growth)) {
      turn.short_of = why;
      continue;
    }
    turn.growth += growth;
    turn.pods.push_back(pod);
    asked_down += is_down ? 1 : 0;
  }
  return turn;
}

void mark_carried_out(Plan& plan, api::ScalingRecommendation& one, bool takes_back, TimePoint now) {
  const TimePoint at = std::chrono::floor<std::chrono::seconds>(now);
  auto& carried = one.status.carried_out;
  if (carried && carried->undone_at.has_value() == takes_back)
    return;
  if (takes_back)
    carried->undone_at = at; // what was never carried out is not taken back
  else
    carried = api::CarriedOut{at, "", "", std::nullopt};
  amend_status(plan, one.meta, one.status);
}

/// Of those that wait for their nodes in vain, within what a cycle may write.
void take_back(Plan& plan, const ResizeProgress& progress, const Workload& workload,
               const WantedResize& wanted, std::size_t most) {
  for (const auto& pod : progress.given_up)
    if (plan.resizes.size() < most)
      plan.resizes.push_back({pod->meta.key(), take_back_patch(*pod, workload, wanted.changes),
                              pod->meta.uid, wanted.key,
                              "Back to what is in force: its node had no room for more"});
}

/// Of all recommendations that were carried out, each request once.
std::vector<RequestChange> carried_out_of(const WorkloadView& view) {
  std::vector<RequestChange> all;
  for (const auto& one : of_kinds(view.recommendations, {RecommendationKind::Resize})) {
    if (!one->status.carried_out)
      continue;
    for (const RequestChange& change : changes_in(*view.workload, one->spec.action.patch))
      if (std::ranges::none_of(all, [&](const RequestChange& same) {
            return same.container == change.container && same.resource == change.resource;
          }))
        all.push_back(change);
  }
  return all;
}

/// Whether some pod runs with less of it than the template says.
bool is_starved(const WorkloadPod& pod, const Workload& workload, const RequestChange& change) {
  return !growth_of(pod, workload, {change}).is_nothing();
}

} // namespace

std::optional<WantedResize>
back_to_template(const WorkloadView& view, const std::vector<WorkloadPodPtr>& pods,
                 const std::vector<ContainerDemand>& demands,
                 const std::function<bool(const ContainerDemand&)>& may_lower) {
  const Workload& workload = *view.workload;
  WantedResize wanted;
  wanted.takes_back = true;
  for (RequestChange change : carried_out_of(view)) {
    const WorkloadContainer& container = workload.containers[change.container];
    change.request = container.requests.get(change.resource);
    if (change.limit)
      change.limit = container.limits.get(change.resource);
    const auto demand = std::ranges::find_if(demands, [&](const ContainerDemand& one) {
      return one.container == container.name && one.resource == change.resource;
    });
    const bool is_short = std::ranges::any_of(pods, [&](const auto& pod) {
      return pod->stage == PodStage::Running && is_starved(*pod, workload, change);
    });
    if (resources::Amount{} < change.request && demand != demands.end() &&
        (is_short || may_lower(*demand)))
      wanted.changes.push_back(std::move(change));
  }
  if (wanted.changes.empty())
    return std::nullopt;
  wanted.key =
      newest_carried_out(of_kinds(view.recommendations, {RecommendationKind::Resize}))->meta.key();
  return wanted;
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
  take_back(plan, progress, workload, wanted, facts.resizes_max);
  const auto last = last_carried_out(known, {.but = wanted.key});
  const TimePoint ready = last.value_or(TimePoint{}) + view.policy->spec.cooldown;
  if (last && now < ready && !progress.open.empty() && !wanted.takes_back)
    return say_applied(plan, *one, Reason::CoolingDown, "It waits until " + format_time(ready),
                       now);
  const auto scaled =
      replica_request(workload, plan.scale ? std::max(plan.scale->to - plan.scale->from, 0) : 0);
  const Turn turn = turn_of(progress, workload, wanted.changes, facts, scaled,
                            facts.resizes_max - plan.resizes.size(), now);
  if (!turn.pods.empty())
    mark_carried_out(plan, *one, wanted.takes_back, now);
  plan.growth += turn.growth;
  const auto* valid = api::find_condition(one->status.conditions, "Valid");
  for (const auto& pod : turn.pods)
    plan.resizes.push_back({pod->meta.key(), pod_patch(*pod, workload, wanted.changes),
                            pod->meta.uid, one->meta.key(),
                            wanted.takes_back  ? "Back to what the pod template asks for"
                            : valid == nullptr ? std::string()
                                               : valid->message});
  if (wanted.takes_back)
    return;
  if (turn.pods.empty() && turn.short_of)
    return say_applied(plan, *one, *turn.short_of,
                       describe(progress) +
                           (*turn.short_of == Reason::InsufficientQuota
                                ? "; the quota has no room for more, or does not say"
                                : "; the pool has no room for more, or does not say"),
                       now);
  say_applied(plan, *one, reason_of(progress), describe(progress), now);
}

} // namespace berth::analyzer
