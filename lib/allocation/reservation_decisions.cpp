#include "lib/allocation/reservation_decisions.hpp"

#include <algorithm>
#include <map>

#include "lib/allocation/calendar.hpp"
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

ReservationDecision decide_one(const std::shared_ptr<const ReservationSpec>& spec,
                               const ClusterSnapshot& snapshot, WindowLayout& layout,
                               std::map<PoolName, Calendar>& calendars, TimePoint now) {
  const PoolSpec* pool = snapshot.find_pool(spec->pool);
  if (pool == nullptr)
    return {spec,
            false,
            Reason::PoolNotFound,
            "ResourcePool " + spec->pool.str() + " does not exist",
            std::nullopt,
            {}};
  if (!spec->payer.empty() && !snapshot.quotas->find(spec->payer))
    return {spec,
            false,
            Reason::QuotaNotFound,
            "Quota " + spec->payer.str() + " does not exist",
            std::nullopt,
            {}};
  auto calendar = calendars.find(pool->name);
  if (calendar == calendars.end())
    calendar = calendars.emplace(pool->name, calendar_of(*pool, snapshot, now)).first;
  const CalendarLoad load = load_of(*spec, snapshot);
  std::vector<LaidWindow> laid;
  const HasPlace has_place = [&](TimeRange window) {
    laid.push_back(
        layout.find(spec, window, laid.empty() ? spec->places : layout.places_of(laid[0])));
    return laid.back().is_complete();
  };
  const Acceptance acceptance = accept(calendar->second, *spec, load, now, has_place);
  if (acceptance.accepted) {
    hold_windows(calendar->second, *spec, load, now);
    for (const LaidWindow& window : laid)
      layout.promise(window);
    return {spec,
            true,
            Reason::Accepted,
            "the reservation fits the calendar of pool " + pool->name.str(),
            std::nullopt,
            layout.places_of(laid.front())};
  }
  if (!acceptance.conflict)
    return {spec,         false, Reason::WindowClosed, "the reservation has no window any more",
            std::nullopt, {}};
  std::string message = "pool " + pool->name.str() + " has no room for " + to_string(load.amounts) +
                        " in the window of " + format_time(acceptance.conflict->start);
  message += acceptance.next_start ? "; it would have from " + format_time(*acceptance.next_start)
                                   : ", nor at any later time";
  return {spec, false, Reason::CalendarFull, std::move(message), acceptance.next_start, {}};
}

} // namespace

std::vector<ReservationDecision> decide_reservations(const ClusterSnapshot& snapshot,
                                                     WindowLayout& layout, TimePoint now) {
  std::vector<std::shared_ptr<const ReservationSpec>> asked;
  for (const auto& spec : snapshot.reservations)
    if (!spec->accepted && !spec->deleting)
      asked.push_back(spec);
  std::stable_sort(asked.begin(), asked.end(), [](const auto& left, const auto& right) {
    return left->created < right->created; // equal ones stay in the order of names
  });
  std::map<PoolName, Calendar> calendars;
  std::vector<ReservationDecision> decisions;
  for (const auto& spec : asked)
    decisions.push_back(decide_one(spec, snapshot, layout, calendars, now));
  return decisions;
}

CalendarLoad load_of(const ReservationSpec& spec, const ClusterSnapshot& snapshot) {
  CalendarLoad load{spec.amounts, spec.node_count};
  if (spec.node_count == 0)
    return load;
  ResourceVector largest;
  for_each_usable_node(snapshot, spec.pool,
                       [&](const PooledNode& node) { largest.raise_to(node.promisable); });
  for (const auto& [name, amount] : largest)
    load.amounts.set(name, load.amounts.get(name) + resources::scaled(amount, spec.node_count, 1));
  return load;
}

Calendar calendar_of(const PoolSpec& pool, const ClusterSnapshot& snapshot, TimePoint now) {
  Calendar calendar(capacity_of(pool, snapshot), running_work(pool, snapshot, now));
  for (const auto& spec : snapshot.reservations)
    if (spec->pool == pool.name && spec->accepted && !spec->deleting)
      hold_windows(calendar, *spec, load_of(*spec, snapshot), now);
  return calendar;
}

} // namespace berth::allocation
