#include "lib/allocation/window_evictions.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

using PodPtr = std::shared_ptr<const PodView>;

/// Why a pod has to go, and by when.
struct Cause {
  const ReservationSpec* reservation = nullptr;
  TimePoint needed_at{}; ///< it should be gone by then
  std::string why{};
};

class Asker {
public:
  explicit Asker(const WindowDemands& demands) : demands_(demands) {}

  [[nodiscard]] WindowSteps run();

private:
  void clear_for(const LaidWindow& laid);
  void clear_node(const LaidWindow& laid, const LaidWindow::OnNode& place);
  void find_more(const LaidWindow& laid);
  void recall(const OpenReservation& open, ResourceVector wanted);
  void end_windows();
  void end_holders(const ReservationSpec& spec, const std::vector<PodPtr>& holders);
  void ask(const PodPtr& pod, const Cause& cause);
  void wake(TimePoint at) {
    if (at > demands_.now)
      steps_.next = std::min(steps_.next, at);
  }
  [[nodiscard]] std::vector<PodPtr> work_on(NodeIndex node) const;
  [[nodiscard]] std::vector<PodPtr> whole_workload(const PodPtr& pod);
  [[nodiscard]] bool is_holder(const PodView& pod) const;

  const WindowDemands& demands_;
  std::set<WorkloadId> asked_;
  std::map<WorkloadId, std::vector<PodPtr>> gangs_;
  bool knows_gangs_ = false;
  WindowSteps steps_;
};

bool is_gone_by(const PodView& pod, TimePoint instant, TimePoint now) {
  if (!pod.duration_limit)
    return false;
  const TimePoint end = TimeRange::lasting(pod.started.value_or(now), *pod.duration_limit).end;
  return end > now && end <= instant;
}

/// B2: what may be evicted at all, and what said a limit and passed it.
bool may_be_asked(const PodView& pod, TimePoint now) {
  const bool overran = pod.duration_limit && pod.started &&
                       TimeRange::lasting(*pod.started, *pod.duration_limit).end <= now;
  return !pod.terminating && (pod.preemptible || overran);
}

/// Told ones first, then the least priority, then the newest, then by id.
bool goes_before(const PodPtr& left, const PodPtr& right) {
  const auto rank = [](const PodView& pod) {
    return std::tuple{!pod.revocable_after.has_value(), pod.priority,
                      -pod.created.time_since_epoch()};
  };
  const auto left_rank = rank(*left);
  const auto right_rank = rank(*right);
  return left_rank != right_rank ? left_rank < right_rank : left->uid < right->uid;
}

WindowSteps Asker::run() {
  for (const LaidWindow& laid : demands_.windows)
    clear_for(laid);
  for (const OpenReservation& open : demands_.holds.open)
    if (const auto wanted = demands_.recalled.find(open.spec->name);
        wanted != demands_.recalled.end())
      recall(open, wanted->second);
  end_windows();
  return std::move(steps_);
}

void Asker::clear_for(const LaidWindow& laid) {
  const Duration ahead = laid.spec->lead_time + kEvictionDrain;
  if (laid.window.start - ahead > demands_.now) {
    wake(laid.window.start - ahead);
    return;
  }
  for (const LaidWindow::OnNode& place : laid.places)
    clear_node(laid, place);
  if (!laid.is_complete())
    find_more(laid);
}

/// The layout relies on it that told work is gone by the start; here it is asked to go.
void Asker::clear_node(const LaidWindow& laid, const LaidWindow::OnNode& place) {
  const auto capacity = demands_.snapshot.nodes->capacity(place.node);
  const auto charged = demands_.snapshot.loads.row(place.node);
  std::vector<std::int64_t> over(capacity.size());
  for (std::size_t column = 0; column < over.size(); ++column)
    over[column] = charged[column] + place.amounts[column] - capacity[column];
  auto pods = work_on(place.node);
  const auto give_back = [&](const PodView& pod) {
    for (const auto& part : to_columns(pod.requests(), *demands_.snapshot.nodes).parts)
      over[part.column] -= part.amount;
  };
  for (const PodPtr& pod : pods)
    if (pod->terminating || is_gone_by(*pod, laid.window.start, demands_.now))
      give_back(*pod);
  std::sort(pods.begin(), pods.end(), goes_before);
  for (const PodPtr& pod : pods) {
    const bool is_needed =
        laid.spec->node_count > 0 ||
        std::any_of(over.begin(), over.end(), [](auto more) { return more > 0; });
    if (!is_needed)
      break;
    const bool is_its_own = pod->admission && pod->admission->reservation == laid.spec->name;
    if (is_its_own || is_gone_by(*pod, laid.window.start, demands_.now) ||
        !may_be_asked(*pod, demands_.now))
      continue;
    give_back(*pod);
    ask(pod, {laid.spec.get(), laid.window.start - kEvictionDrain,
              "its capacity is promised to Reservation " + laid.spec->name.str() + " from " +
                  format_time(laid.window.start)});
  }
}

/// Nodes were lost, or work overran: room is made wherever it can be, as for a reservation that
/// finds too little at its start (P2 c), but in time for it.
void Asker::find_more(const LaidWindow& laid) {
  ResourceVector missing = laid.missing;
  std::vector<PodPtr> pods;
  for (const NodeIndex node : demands_.snapshot.nodes->in_pool(laid.spec->pool)) {
    const NodeView& view = demands_.snapshot.nodes->node(node).view;
    if (view.ready && !view.unschedulable)
      for (const PodPtr& pod : work_on(node))
        if (!is_holder(*pod) && may_be_asked(*pod, demands_.now) && !pod->revocable_after &&
            !is_gone_by(*pod, laid.window.start, demands_.now))
          pods.push_back(pod);
  }
  std::sort(pods.begin(), pods.end(), goes_before);
  for (const PodPtr& pod : pods) {
    const bool helps =
        std::any_of(missing.begin(), missing.end(), [&](const ResourceVector::Entry& entry) {
          return entry.amount > Amount{} && pod->requests().get(entry.name) > Amount{};
        });
    if (!helps)
      continue;
    missing -= pod->requests();
    ask(pod, {laid.spec.get(), laid.window.start - kEvictionDrain,
              "Reservation " + laid.spec->name.str() + " needs its capacity from " +
                  format_time(laid.window.start)});
  }
}

/// R4: holders have the capacity first; what was lent goes as soon as its notice has passed.
void Asker::recall(const OpenReservation& open, ResourceVector wanted) {
  const auto index = static_cast<std::uint32_t>(&open - demands_.holds.open.data());
  for (const NodeHold& hold : demands_.holds.holds) {
    if (hold.reservation != index)
      continue;
    auto pods = work_on(hold.node);
    std::sort(pods.begin(), pods.end(), goes_before);
    for (const PodPtr& pod : pods) {
      const bool helps =
          std::any_of(wanted.begin(), wanted.end(), [&](const ResourceVector::Entry& entry) {
            return entry.name != ResourceName::pods() && entry.amount > Amount{} &&
                   pod->requests().get(entry.name) > Amount{};
          });
      if (!helps || !pod->revocable_after)
        continue;
      wanted -= pod->requests();
      if (!pod->terminating)
        ask(pod, {open.spec.get(), demands_.now,
                  "a holder of Reservation " + open.spec->name.str() + " wants its capacity"});
    }
  }
}

void Asker::end_windows() {
  for (const auto& spec : demands_.snapshot.reservations) {
    const auto use = demands_.snapshot.reservation_use.find(spec->name);
    if (use == demands_.snapshot.reservation_use.end() || spec->overrun == Overrun::Allow)
      continue;
    std::vector<PodPtr> holders;
    for (const auto& [name, pods] : use->second.pods_on)
      if (const auto node = demands_.snapshot.nodes->find(name.str()))
        for (const PodPtr& pod : work_on(*node))
          if (pod->admission && pod->admission->reservation == spec->name)
            holders.push_back(pod);
    end_holders(*spec, holders);
  }
}

void Asker::end_holders(const ReservationSpec& spec, const std::vector<PodPtr>& holders) {
  const OpenReservation* open = demands_.holds.find(spec.name);
  if (open == nullptr && spec.overrun == Overrun::Warn) {
    for (const PodPtr& pod : holders)
      steps_.warnings.push_back({spec.name, pod});
    return;
  }
  if (spec.overrun != Overrun::Evict || (spec.deleting && open == nullptr))
    return; // R5: a deletion kills nobody
  const TimePoint end = open == nullptr ? demands_.now : open->window.end;
  if (end == TimePoint::max())
    return;
  if (open != nullptr)
    wake(end - spec.lead_time);
  if (end - spec.lead_time > demands_.now)
    return;
  for (const PodPtr& pod : holders)
    if (!pod->terminating && !is_gone_by(*pod, end, demands_.now))
      ask(pod, {&spec, end,
                "the window of Reservation " + spec.name.str() + " ends at " + format_time(end)});
}

/// The step that is due: the notice, or, once it has passed, the eviction.
void Asker::ask(const PodPtr& pod, const Cause& cause) {
  if (!asked_.insert(workload_id(*pod)).second)
    return;
  const TimePoint now = demands_.now;
  Eviction eviction;
  eviction.victim = workload_id(*pod);
  eviction.reservation = cause.reservation->name;
  eviction.claim = Claim::Reserved;
  eviction.message = cause.why;
  const auto* charge = demands_.snapshot.charges.find(pod->uid);
  eviction.quota = charge == nullptr ? QuotaName{} : (*charge)->quota;
  // A later notice than the one it has changes nothing.
  eviction.revocable_after = pod->revocable_after
                                 ? *pod->revocable_after
                                 : std::max(cause.needed_at, now + cause.reservation->lead_time);
  const TimePoint due = std::max(eviction.revocable_after, cause.needed_at);
  for (const PodPtr& member : whole_workload(pod)) {
    eviction.amounts += member->requests();
    if (!member->terminating && (!member->revocable_after || due <= now))
      eviction.pods.push_back(member);
  }
  eviction.step = pod->revocable_after && due <= now ? EvictionStep::Evict : EvictionStep::Notice;
  wake(due);
  if (!eviction.pods.empty())
    steps_.evictions.push_back(std::move(eviction));
}

std::vector<PodPtr> Asker::work_on(NodeIndex node) const {
  std::vector<PodPtr> pods;
  const NodeName& name = demands_.snapshot.nodes->node(node).view.name;
  demands_.snapshot.on_nodes.for_each_from({name, PodUid{}},
                                           [&](const NodePod& key, const PodPtr& pod) {
                                             if (key.node == name)
                                               pods.push_back(pod);
                                             return key.node == name;
                                           });
  return pods;
}

std::vector<PodPtr> Asker::whole_workload(const PodPtr& pod) {
  if (!pod->gang)
    return {pod};
  if (!knows_gangs_)
    demands_.snapshot.on_nodes.for_each([&](const NodePod&, const PodPtr& member) {
      if (member->gang)
        gangs_[workload_id(*member)].push_back(member);
    });
  knows_gangs_ = true;
  return gangs_[workload_id(*pod)];
}

bool Asker::is_holder(const PodView& pod) const {
  return pod.admission && demands_.holds.find(pod.admission->reservation) != nullptr;
}

} // namespace

WindowSteps ask_to_go(const WindowDemands& demands) {
  return Asker(demands).run();
}

} // namespace berth::allocation
