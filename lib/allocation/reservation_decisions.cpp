#include "lib/allocation/reservation_decisions.hpp"

#include <algorithm>
#include <map>

#include "lib/allocation/calendar.hpp"
#include "lib/allocation/options.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

/// Nodes whose capacity may be promised.
template <class Visit>
void for_each_usable_node(const ClusterSnapshot& snapshot, const PoolName& pool, Visit&& visit) {
  for (const NodeIndex index : snapshot.nodes->in_pool(pool)) {
    const PooledNode& node = snapshot.nodes->node(index);
    if (node.view.ready && !node.view.unschedulable)
      visit(node);
  }
}

CalendarLoad capacity_of(const PoolSpec& pool, const ClusterSnapshot& snapshot) {
  resources::ResourceSum sum;
  std::int64_t nodes = 0;
  for_each_usable_node(snapshot, pool.name, [&](const PooledNode& node) {
    sum.add(node.promisable);
    ++nodes;
  });
  CalendarLoad capacity{sum.total(), nodes};
  capacity.amounts += pool.virtual_capacity;
  return capacity;
}

/// What the pool has during a burst only is taken from its end on.
std::vector<CalendarHold> ends_of_bursts(const PoolSpec& pool, const ClusterSnapshot& snapshot) {
  resources::ResourceSum sum;
  TimePoint end = TimePoint::max();
  for_each_usable_node(snapshot, pool.name, [&](const PooledNode& node) {
    sum.add(node.from_burst);
    end = std::min(end, node.burst_ends);
  });
  if (end == TimePoint::max())
    return {};
  return {CalendarHold{TimeRange{end, TimePoint::max()}, {sum.total(), 0}}};
}

bool is_accepted(const ClusterSnapshot& snapshot, const ReservationName& name) {
  const ReservationSpec* spec = snapshot.find_reservation(name);
  return spec != nullptr && spec->accepted && !spec->deleting;
}

/// What runs in the pool or is planned there, and the nodes that managed pods make less than whole.
std::vector<CalendarHold> running_work(const PoolSpec& pool, const ClusterSnapshot& snapshot,
                                       TimePoint now) {
  std::vector<CalendarHold> holds;
  std::map<NodeIndex, TimePoint> busy_until;
  snapshot.charges.for_each([&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
    const auto node = snapshot.nodes->find(charge->node.str());
    const bool is_here =
        node ? snapshot.nodes->node(*node).pool == pool.name : charge->pool == pool.name;
    const PodView* pod = snapshot.find_pod(uid);
    if (!is_here || pod == nullptr)
      return;
    const TimePoint end = end_of(*pod, now).relied_on;
    if (!is_accepted(snapshot, charge->reservation))
      holds.push_back(CalendarHold{TimeRange{now, end}, {charge->shape->requests, 0}});
    if (node && !charge->quota.empty())
      busy_until[*node] = std::max(busy_until[*node], end);
  });
  for (const auto& [node, end] : busy_until)
    holds.push_back(CalendarHold{TimeRange{now, end}, {{}, 1}});
  return holds;
}

/// The sums of one pool, each made when it is first asked: ready nodes and pool-level resources,
/// less accepted reservations, and, of all(), less work that runs or is about to, until its end can
/// be relied on. Work inside an accepted reservation is held by the reservation.
class PoolCalendars {
public:
  PoolCalendars(const PoolSpec& pool, const ClusterSnapshot& snapshot, TimePoint now)
      : pool_(pool), snapshot_(snapshot), now_(now) {}

  /// Promises and running work.
  [[nodiscard]] const Calendar& all() {
    if (!all_)
      all_ = with_promises(running_work(pool_, snapshot_, now_));
    return *all_;
  }
  [[nodiscard]] const Calendar& promises() {
    if (!promises_)
      promises_ = with_promises({});
    return *promises_;
  }
  /// Whether nobody's windows, even if all of them were open together, would leave too little.
  /// Windows of one reservation do not overlap.
  [[nodiscard]] bool has_room_beside_all_at_once(const CalendarLoad& load) const {
    const TimeRange from_now{now_, TimePoint::max()};
    std::vector<CalendarHold> holds = ends_of_bursts(pool_, snapshot_);
    for_each_promised([&](const ReservationSpec& spec) {
      const bool recurs = std::holds_alternative<RecurringWindow>(spec.window);
      if (recurs || !windows(spec, from_now, 1).empty())
        holds.push_back({from_now, load_of(spec, snapshot_)});
    });
    return Calendar(capacity_of(pool_, snapshot_), holds).fits(from_now, load);
  }
  /// When, from `end` on, a coming window of another reservation would lack something if `own` went
  /// on with `load`; TimePoint::max() for never.
  [[nodiscard]] TimePoint lacks_from(const ReservationName& own, TimePoint end,
                                     const CalendarLoad& load) {
    TimePoint first = TimePoint::max();
    for_each_promised([&](const ReservationSpec& spec) {
      if (spec.name == own)
        return;
      for (const TimeRange& window : windows_ahead(spec, now_)) {
        const TimePoint at = std::max(window.start, end);
        if (window.start > now_ && window.end > end && at < first &&
            !all().fits({at, at + Duration{1}}, load))
          first = at;
      }
    });
    return first;
  }
  void promise(const std::shared_ptr<const ReservationSpec>& spec) {
    const CalendarLoad load = load_of(*spec, snapshot_);
    for (auto* calendar : {&all_, &promises_})
      if (*calendar)
        hold_windows(**calendar, *spec, load, now_);
    given_.push_back(spec);
  }

private:
  [[nodiscard]] Calendar with_promises(std::vector<CalendarHold> work) const {
    for (CalendarHold& hold : ends_of_bursts(pool_, snapshot_))
      work.push_back(std::move(hold));
    Calendar calendar(capacity_of(pool_, snapshot_), work);
    for_each_promised([&](const ReservationSpec& spec) {
      hold_windows(calendar, spec, load_of(spec, snapshot_), now_);
    });
    return calendar;
  }
  void for_each_promised(const auto& visit) const {
    for (const auto& spec : snapshot_.reservations)
      if (spec->pool == pool_.name && spec->accepted && !spec->deleting)
        visit(*spec);
    for (const auto& spec : given_)
      visit(*spec);
  }

  const PoolSpec& pool_;
  const ClusterSnapshot& snapshot_;
  TimePoint now_;
  std::optional<Calendar> all_;
  std::optional<Calendar> promises_;
  std::vector<std::shared_ptr<const ReservationSpec>> given_; ///< by this cycle
};

class Judge {
public:
  Judge(const CycleInput& input, WindowLayout& layout) : input_(input), layout_(layout) {}

  [[nodiscard]] ReservationDecision judge(const std::shared_ptr<const ReservationSpec>& spec);

private:
  using Spec = std::shared_ptr<const ReservationSpec>;
  [[nodiscard]] ReservationDecision judge_windows(const Spec& spec, PoolCalendars& calendars);
  [[nodiscard]] ReservationDecision judge_dormant(const Spec& spec, PoolCalendars& calendars);
  [[nodiscard]] ReservationDecision judge_ending(const Spec& spec, PoolCalendars& calendars);
  [[nodiscard]] Duration opens_after(const Spec& spec, const CalendarLoad& load,
                                     PoolCalendars& calendars);
  [[nodiscard]] ReservationDecision refuse(const Spec& spec, const CalendarLoad& load,
                                           const Acceptance& acceptance) const;

  const CycleInput& input_;
  WindowLayout& layout_;
  std::map<PoolName, PoolCalendars> calendars_;
};

ReservationDecision because(const std::shared_ptr<const ReservationSpec>& spec, Reason reason,
                            std::string message) {
  return {spec, reason == Reason::Accepted, reason, std::move(message), {}, {}, {}};
}

ReservationDecision Judge::judge(const Spec& spec) {
  const PoolSpec* pool = input_.snapshot.find_pool(spec->pool);
  if (pool == nullptr)
    return because(spec, Reason::PoolNotFound,
                   "ResourcePool " + spec->pool.str() + " does not exist");
  if (!spec->payer.empty() && !input_.snapshot.quotas->find(spec->payer))
    return because(spec, Reason::QuotaNotFound, "Quota " + spec->payer.str() + " does not exist");
  if (const auto payer = input_.snapshot.quotas->find(spec->payer); payer && !spec->accepted)
    if (auto refusal = closed_to(*pool, *input_.snapshot.quotas, *payer))
      return because(spec, refusal->reason, std::move(refusal->message));
  PoolCalendars& calendars =
      calendars_.try_emplace(pool->name, *pool, input_.snapshot, input_.now).first->second;
  if (is_dormant(*spec))
    return judge_dormant(spec, calendars);
  return spec->accepted ? judge_ending(spec, calendars) : judge_windows(spec, calendars);
}

ReservationDecision Judge::judge_windows(const Spec& spec, PoolCalendars& calendars) {
  const CalendarLoad load = load_of(*spec, input_.snapshot);
  std::vector<LaidWindow> laid;
  const HasPlace has_place = [&](TimeRange window) {
    laid.push_back(
        layout_.find(spec, window, laid.empty() ? spec->places : layout_.places_of(laid[0])));
    return laid.back().is_complete();
  };
  const Acceptance acceptance = accept(calendars.all(), *spec, load, input_.now, has_place);
  if (!acceptance.accepted)
    return refuse(spec, load, acceptance);
  calendars.promise(spec);
  for (const LaidWindow& window : laid)
    layout_.promise(window);
  ReservationDecision decision = because(
      spec, Reason::Accepted, "the reservation fits the calendar of pool " + spec->pool.str());
  decision.places = layout_.places_of(laid.front());
  return decision;
}

ReservationDecision Judge::judge_dormant(const Spec& spec, PoolCalendars& calendars) {
  const CalendarLoad load = load_of(*spec, input_.snapshot);
  const bool is_armed = std::get<TriggeredWindow>(spec->window).is_armed;
  ReservationDecision decision =
      because(spec, Reason::Accepted,
              "pool " + spec->pool.str() +
                  " has room for the reservation beside all others; nothing is promised until its "
                  "trigger holds");
  if (!is_armed && calendars.has_room_beside_all_at_once(load))
    return decision; // no window needs to be looked at
  ReservationSpec from_now = *spec;
  from_now.window = AlwaysOpen{};
  from_now.created = input_.now;
  const Acceptance acceptance = accept(calendars.promises(), from_now, load, input_.now);
  if (!acceptance.accepted)
    return refuse(spec, load, acceptance);
  if (is_armed) {
    decision.opens_after = opens_after(spec, load, calendars);
    calendars.promise(std::make_shared<const ReservationSpec>(std::move(from_now)));
  }
  return decision;
}

/// The window is promised until its end; what is asked is how much later that could be. Several may
/// go on in one cycle, so those behind it find what it could take.
ReservationDecision Judge::judge_ending(const Spec& spec, PoolCalendars& calendars) {
  const TimePoint end = *announced_end(*spec);
  ReservationDecision decision =
      because(spec, Reason::Accepted, "its window is promised until " + format_time(end));
  decision.places = spec->places;
  const OpenReservation* open = input_.holds.find(spec->name);
  const auto use = input_.snapshot.reservation_use.find(spec->name);
  if (open != nullptr)
    decision.places = allocation::places_of(
        *open, input_.holds, *input_.snapshot.nodes,
        use == input_.snapshot.reservation_use.end() ? ReservationUse{} : use->second);
  decision.lasts_until =
      std::min(calendars.lacks_from(spec->name, end, load_of(*spec, input_.snapshot)),
               layout_.taken_whole_from(decision.places, end));
  if (*decision.lasts_until > end) {
    ReservationSpec longer = *spec;
    longer.window = TriggeredWindow{true, end, decision.lasts_until};
    calendars.promise(std::make_shared<const ReservationSpec>(std::move(longer)));
  }
  return decision;
}

/// Where nobody may be evicted waiting gains nothing.
Duration Judge::opens_after(const Spec& spec, const CalendarLoad& load, PoolCalendars& calendars) {
  const PreemptionPolicy& bounds = preemption_of(input_.snapshot, input_.policy, spec->pool);
  const TimeRange from_now{input_.now, TimePoint::max()};
  const bool is_free = calendars.all().fits(from_now, load) &&
                       layout_.find(spec, from_now, spec->places).is_complete();
  if (is_free || !bounds.enabled)
    return {};
  return std::max(spec->lead_time, bounds.notice) + kEvictionDrain;
}

ReservationDecision Judge::refuse(const Spec& spec, const CalendarLoad& load,
                                  const Acceptance& acceptance) const {
  if (!acceptance.conflict)
    return because(spec, Reason::WindowClosed, "the reservation has no window any more");
  std::string message =
      "pool " + spec->pool.str() + " has no room for " + to_string(load.amounts) +
      (is_dormant(*spec) ? " beside other promises"
                         : " in the window of " + format_time(acceptance.conflict->start));
  message += acceptance.next_start ? "; it would have from " + format_time(*acceptance.next_start)
                                   : ", nor at any later time";
  ReservationDecision decision = because(spec, Reason::CalendarFull, std::move(message));
  decision.next_start = acceptance.next_start;
  return decision;
}

/// What asks to be accepted, then activations, then what could go on: an activation is younger than
/// what asks in the same cycle, and what may never be claimed stands in nobody's way.
int rank_of(const ReservationSpec& spec) {
  if (is_dormant(spec))
    return 1;
  return spec.accepted && announced_end(spec) ? 2 : 0;
}

} // namespace

std::vector<ReservationDecision> decide_reservations(const CycleInput& input,
                                                     WindowLayout& layout) {
  std::vector<std::shared_ptr<const ReservationSpec>> asked;
  for (const auto& spec : input.snapshot.reservations)
    if ((!spec->accepted || is_dormant(*spec) || announced_end(*spec)) && !spec->deleting)
      asked.push_back(spec);
  std::ranges::stable_sort(asked, {}, [](const auto& spec) {
    return std::pair{rank_of(*spec), spec->created}; // equal ones stay in the order of names
  });
  Judge judge(input, layout);
  std::vector<ReservationDecision> decisions;
  for (const auto& spec : asked)
    decisions.push_back(judge.judge(spec));
  return decisions;
}

CalendarLoad load_of(const ReservationSpec& spec, const ClusterSnapshot& snapshot) {
  CalendarLoad load{spec.amounts, spec.node_count};
  if (spec.node_count == 0)
    return load;
  ResourceVector largest;
  for_each_usable_node(snapshot, spec.pool,
                       [&](const PooledNode& node) { largest.raise_to(node.lasting()); });
  for (const auto& [name, amount] : largest)
    load.amounts.set(name, load.amounts.get(name) + resources::scaled(amount, spec.node_count, 1));
  return load;
}

} // namespace berth::allocation
