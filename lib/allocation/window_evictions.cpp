#include "lib/allocation/window_evictions.hpp"

#include <algorithm>
#include <string>

#include "lib/allocation/window_victims.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

/// How long before its window a whole node that is missing is looked for among those in use.
constexpr Duration kNodesSoughtAhead = std::chrono::hours{1};

/// Why a victim has to go, and by when.
struct Cause {
  const ReservationSpec& reservation;
  TimePoint needed_at{}; ///< it should be gone by then
  Duration notice{};
  std::string why{};
  bool is_ahead = false; ///< for a window that is laid out, and relies on told work to be gone
};

class Asker {
public:
  Asker(const CycleInput& input, std::function<RunningWork&()> work)
      : input_(input), find_work_(std::move(work)) {}

  void clear_for(const LaidWindow& laid, std::span<const LaidWindow> all);
  void make_up_for(const OpenReservation& open);
  void end_window_of(const ReservationSpec& spec);
  void recall(const Recall& recalled);
  [[nodiscard]] WindowSteps take_steps() { return std::move(steps_); }

private:
  void look_for_nodes(const LaidWindow& laid, std::span<const LaidWindow> all, const Cause& cause);
  void clear_node(const LaidWindow& laid, const LaidWindow::OnNode& place);
  void take_elsewhere(ResourceVector missing, const Cause& cause);
  void empty_nodes(const LaidWindow& laid, std::span<const LaidWindow> all, const Cause& cause);
  void end_holders(const ReservationSpec& spec, std::span<Victim* const> holders);
  void ask(Victim& victim, const Cause& cause);
  void wake(TimePoint at) {
    if (at > input_.now)
      steps_.next = std::min(steps_.next, at);
  }
  [[nodiscard]] RunningWork& work() { return find_work_(); }
  [[nodiscard]] std::vector<Victim*> work_on(NodeIndex node);
  [[nodiscard]] bool may_be_asked(const Victim& victim) const;
  [[nodiscard]] bool is_counted_as_gone(const Victim& victim, const Cause& cause) const;
  [[nodiscard]] bool is_gone_by(const Victim& victim, TimePoint instant) const;
  [[nodiscard]] bool may_make_room(const Victim& victim, const Cause& cause) const;
  [[nodiscard]] Duration notice_for(const ReservationSpec& spec) const;

  const CycleInput& input_;
  std::function<RunningWork&()> find_work_;
  WindowSteps steps_;
};

void Asker::clear_for(const LaidWindow& laid, std::span<const LaidWindow> all) {
  const Duration ahead = notice_for(*laid.spec) + kEvictionDrain;
  const bool is_near = laid.window.start - ahead <= input_.now;
  for (const LaidWindow::OnNode& place : laid.places)
    if (is_near)
      clear_node(laid, place);
  // Nodes were lost, work overran, or nothing was known of the window until its trigger held.
  const Cause cause{*laid.spec, laid.window.start - kEvictionDrain, notice_for(*laid.spec),
                    "Reservation " + laid.spec->name.str() + " needs its capacity from " +
                        format_time(laid.window.start),
                    true};
  if (!is_near)
    return look_for_nodes(laid, all, cause);
  if (!laid.missing.is_nothing())
    take_elsewhere(laid.missing, cause);
  if (laid.nodes_missing > 0)
    empty_nodes(laid, all, cause);
}

/// A node that everybody can leave may be none any more by the time of the notice: work that cannot
/// leave starts there. Those on it are told as soon as a node is missing, and stay until then.
void Asker::look_for_nodes(const LaidWindow& laid, std::span<const LaidWindow> all,
                           const Cause& cause) {
  wake(laid.window.start - (cause.notice + kEvictionDrain));
  if (laid.spec->node_count == 0)
    return;
  if (laid.window.start - kNodesSoughtAhead > input_.now)
    return wake(laid.window.start - kNodesSoughtAhead);
  for (const LaidWindow::OnNode& place : laid.places)
    for (Victim* victim : work_on(place.node))
      if (was_told(*victim) && !victim->is_lent && !victim->is_leaving &&
          is_counted_as_gone(*victim, cause))
        ask(*victim, cause); // or its notice would be taken back
  if (laid.nodes_missing > 0)
    empty_nodes(laid, all, cause);
}

/// The layout relies on it that told work is gone by the start; here it is asked to go.
void Asker::clear_node(const LaidWindow& laid, const LaidWindow::OnNode& place) {
  const NodeTable& table = *input_.snapshot.nodes;
  const auto capacity = table.capacity(place.node);
  const auto charged = input_.snapshot.loads.row(place.node);
  std::vector<std::int64_t> over(capacity.size());
  for (std::size_t column = 0; column < over.size(); ++column)
    over[column] = charged[column] + place.amounts[column] - capacity[column];
  std::vector<Victim*> victims = work_on(place.node);
  std::erase_if(victims, [&](const Victim* victim) {
    const bool goes = victim->is_leaving || is_gone_by(*victim, laid.window.start);
    if (goes)
      give_back(*victim, place.node, over);
    return goes || is_holder_of(*victim, *laid.spec) || !may_be_asked(*victim);
  });
  std::ranges::stable_partition(victims, [](const Victim* victim) { return was_told(*victim); });
  const Cause cause{*laid.spec, laid.window.start - kEvictionDrain, notice_for(*laid.spec),
                    "its capacity is promised to Reservation " + laid.spec->name.str() + " from " +
                        format_time(laid.window.start),
                    true};
  for (Victim* victim : victims) {
    const bool is_needed =
        laid.spec->node_count > 0 ||
        std::any_of(over.begin(), over.end(), [](auto more) { return more > 0; });
    if (!is_needed)
      break;
    give_back(*victim, place.node, over);
    ask(*victim, cause);
  }
}

/// Room that is promised from now on, and that others still hold.
void Asker::make_up_for(const OpenReservation& open) {
  if (!open.missing.is_nothing())
    take_elsewhere(open.missing,
                   {*open.spec, input_.now,
                    preemption_of(input_.snapshot, input_.policy, open.spec->pool).notice,
                    "Reservation " + open.spec->name.str() + " was promised " +
                        to_string(open.missing) + " more, and its window is open",
                    false});
}

/// Room is made wherever it can be, within the bounds of P4: these had no part in the promise.
void Asker::take_elsewhere(ResourceVector missing, const Cause& cause) {
  const PoolName& pool = cause.reservation.pool;
  const PreemptionPolicy& bounds = preemption_of(input_.snapshot, input_.policy, pool);
  if (!bounds.enabled)
    return;
  const ResourceVector wanted = missing;
  std::vector<Victim*> candidates;
  for (Victim* victim : work().in_pool(pool))
    if (is_counted_as_gone(*victim, cause))
      continue;
    else if (victim->is_leaving)
      missing -= freed_by(*victim, *input_.snapshot.nodes);
    else if (!is_gone_by(*victim, cause.needed_at) && may_make_room(*victim, cause))
      candidates.push_back(victim);
  std::ranges::stable_partition(candidates, [](const Victim* victim) { return was_told(*victim); });
  ResourceVector evicted;
  for (Victim* victim : choose(candidates, missing, *input_.snapshot.nodes)) {
    const ResourceVector with_it = evicted + victim->total;
    if (!is_within(with_it, wanted, bounds))
      continue;
    evicted = with_it;
    ask(*victim, cause);
  }
}

/// Nodes that nobody else is promised, and that everybody on them can leave, where the fewest pods
/// go; those of a gang go everywhere.
void Asker::empty_nodes(const LaidWindow& laid, std::span<const LaidWindow> all,
                        const Cause& cause) {
  const NodeTable& table = *input_.snapshot.nodes;
  const auto is_promised = [&](NodeIndex node) {
    return !input_.holds.on_node(node).empty() ||
           std::ranges::any_of(all, [&](const LaidWindow& other) {
             return std::ranges::count(other.places, node, &LaidWindow::OnNode::node) > 0;
           });
  };
  const PreemptionPolicy& bounds = preemption_of(input_.snapshot, input_.policy, laid.spec->pool);
  std::vector<std::pair<std::size_t, NodeIndex>> emptiest;
  for (const NodeIndex node : table.in_pool(laid.spec->pool)) {
    const NodeView& view = table.node(node).view;
    if (!view.ready || view.unschedulable || is_promised(node))
      continue;
    const std::vector<Victim*> there = work_on(node);
    const auto goes_anyway = [&](const Victim& victim) {
      return victim.is_leaving || is_gone_by(victim, cause.needed_at);
    };
    std::size_t pods = 0;
    ResourceVector evicted;
    for (const Victim* victim : there)
      if (!goes_anyway(*victim)) {
        pods += victim->pods.size();
        evicted += victim->total;
      }
    const bool can_leave = std::ranges::all_of(there, [&](const Victim* victim) {
      return goes_anyway(*victim) || may_make_room(*victim, cause);
    });
    if (can_leave && is_within(evicted, table.node(node).promisable, bounds))
      emptiest.emplace_back(pods, node);
  }
  std::ranges::sort(emptiest);
  const auto wanted = static_cast<std::size_t>(laid.nodes_missing);
  for (const auto& [pods, node] : std::span(emptiest).first(std::min(wanted, emptiest.size())))
    for (Victim* victim : work_on(node))
      if (!victim->is_leaving && !is_gone_by(*victim, cause.needed_at))
        ask(*victim, cause);
}

/// Whether work that had no part in a promise may be asked to go for it, within the bounds of P4.
bool Asker::may_make_room(const Victim& victim, const Cause& cause) const {
  return preemption_of(input_.snapshot, input_.policy, cause.reservation.pool).enabled &&
         !victim.is_protected && !victim.is_claimed && (was_told(victim) || !victim.is_spared);
}

/// R4: holders have the capacity first.
void Asker::recall(const Recall& recalled) {
  const ReservationSpec& spec = *input_.holds.open[recalled.reservation].spec;
  const Cause cause{spec, input_.now, Duration{},
                    "a holder of Reservation " + spec.name.str() + " wants its capacity", false};
  std::vector<std::int64_t> lacks = recalled.lacks;
  for (Victim* victim : work_on(recalled.node)) {
    if (!victim->is_lent || !relieves(*victim, recalled.node, lacks))
      continue;
    give_back(*victim, recalled.node, lacks);
    if (!victim->is_leaving && may_be_asked(*victim))
      ask(*victim, cause);
  }
}

void Asker::end_window_of(const ReservationSpec& spec) {
  const auto use = input_.snapshot.reservation_use.find(spec.name);
  if (use == input_.snapshot.reservation_use.end() || spec.overrun == Overrun::Allow)
    return;
  const OpenReservation* open = input_.holds.find(spec.name);
  if (open != nullptr && (spec.overrun == Overrun::Warn || open->window.end == TimePoint::max()))
    return;
  if (open != nullptr && open->window.end - notice_for(spec) > input_.now)
    return wake(open->window.end - notice_for(spec));
  std::vector<Victim*> holders;
  for (const auto& [name, there] : use->second.on_nodes)
    if (const auto node = input_.snapshot.nodes->find(name.str()))
      for (Victim* victim : work_on(*node))
        if (is_holder_of(*victim, spec) &&
            std::find(holders.begin(), holders.end(), victim) == holders.end())
          holders.push_back(victim);
  end_holders(spec, holders);
}

/// They may be evicted whatever else protects them: that is what the window was given for.
void Asker::end_holders(const ReservationSpec& spec, std::span<Victim* const> holders) {
  if (spec.overrun == Overrun::Warn) {
    for (const Victim* victim : holders)
      for (const auto& pod : victim->pods)
        steps_.warnings.push_back({spec.name, pod});
    return;
  }
  if (spec.deleting)
    return; // R5: a deletion kills nobody
  const OpenReservation* open = input_.holds.find(spec.name);
  const TimePoint end = open == nullptr ? input_.now : open->window.end;
  for (Victim* victim : holders)
    if (!victim->is_leaving && !victim->is_refused && !is_gone_by(*victim, end))
      ask(*victim,
          {spec, end, notice_for(spec),
           "the window of Reservation " + spec.name.str() + " ends at " + format_time(end), false});
}

/// The step that is due: the notice, or, once it has passed and the room is needed, the eviction.
void Asker::ask(Victim& victim, const Cause& cause) {
  if (victim.is_claimed)
    return;                              // it goes for somebody else
  for (Victim* surplus : victim.surplus) // no member of a gang stays without the least of it
    if (!surplus->is_leaving)
      ask(*surplus, cause);
  work().claim(victim);
  Eviction eviction;
  eviction.victim = victim.workload;
  eviction.quota = input_.snapshot.quotas->spec(victim.quota).name;
  eviction.amounts = victim.total;
  eviction.reservation = cause.reservation.name;
  eviction.claim = Claim::Reserved;
  eviction.message = cause.why;
  const bool is_told = was_told(victim);
  for (const auto& pod : victim.pods) {
    if (pod->revocable_after)
      eviction.revocable_after = std::max(eviction.revocable_after, *pod->revocable_after);
    if (!pod->terminating && (is_told || !pod->revocable_after))
      eviction.pods.push_back(pod);
  }
  if (!is_told) {
    const TimePoint told_until = std::max(cause.needed_at, input_.now + cause.notice);
    eviction.revocable_after = std::max(eviction.revocable_after, told_until);
  }
  const bool gives_notice = cause.notice > Duration{} || cause.needed_at > input_.now;
  const TimePoint due = std::max(eviction.revocable_after, cause.needed_at);
  const bool is_due = (is_told || !gives_notice) && due <= input_.now;
  eviction.step = is_due ? EvictionStep::Evict : EvictionStep::Notice;
  if (is_due && !is_told)
    eviction.revocable_after = {}; // none is asked for
  wake(due);
  if (!eviction.pods.empty() && (is_due || !is_told))
    steps_.evictions.push_back(std::move(eviction));
}

/// Whole workloads, the least protected first.
std::vector<Victim*> Asker::work_on(NodeIndex node) {
  std::vector<PodUid> pods;
  const NodeName& name = input_.snapshot.nodes->node(node).view.name;
  input_.snapshot.on_nodes.for_each_from({name, PodUid{}}, [&](const NodePod& key, const auto&) {
    if (key.node == name)
      pods.push_back(key.pod);
    return key.node == name;
  });
  return work().find(pods);
}

bool Asker::may_be_asked(const Victim& victim) const {
  return !victim.is_refused && !victim.is_leaving &&
         std::ranges::all_of(victim.pods, [&](const auto& pod) {
           return allocation::may_be_asked(*pod, input_.holds, input_.now);
         });
}

/// Whether what is missing is what it lacks with the victim gone already: coming windows are laid
/// out without told work, open ones without work that they lend to.
bool Asker::is_counted_as_gone(const Victim& victim, const Cause& cause) const {
  return std::all_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
    if (cause.is_ahead)
      return pod->revocable_after && *pod->revocable_after <= cause.needed_at + kEvictionDrain;
    return std::ranges::any_of(input_.holds.open, [&](const OpenReservation& open) {
      return is_lent_inside(*pod, open.window);
    });
  });
}

/// By limits that are kept; estimates may be wrong.
bool Asker::is_gone_by(const Victim& victim, TimePoint instant) const {
  return std::all_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
    if (!pod->duration_limit)
      return false;
    const TimePoint start = pod->started.value_or(input_.now);
    const TimePoint end = TimeRange::lasting(start, *pod->duration_limit).end;
    return end > input_.now && end <= instant;
  });
}

Duration Asker::notice_for(const ReservationSpec& spec) const {
  return std::max(spec.lead_time, preemption_of(input_.snapshot, input_.policy, spec.pool).notice);
}

} // namespace

WindowSteps clear_windows(const CycleInput& input, std::span<const LaidWindow> windows,
                          const std::function<RunningWork&()>& work) {
  Asker asker(input, work);
  for (const OpenReservation& open : input.holds.open)
    asker.make_up_for(open);
  for (const LaidWindow& laid : windows)
    asker.clear_for(laid, windows);
  for (const auto& spec : input.snapshot.reservations)
    asker.end_window_of(*spec);
  return asker.take_steps();
}

WindowSteps recall_lent(const CycleInput& input, std::span<const Recall> recalls,
                        RunningWork& work) {
  Asker asker(input, [&work]() -> RunningWork& { return work; });
  for (const Recall& recalled : recalls)
    asker.recall(recalled);
  return asker.take_steps();
}

} // namespace berth::allocation
