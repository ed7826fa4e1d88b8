// The part of AdmissionCycle about those who are refused: why, whom that stops (F5), who is refused
// for the same reason without a look, and when they will start (B1).

#include <algorithm>
#include <functional>

#include "lib/allocation/admission_cycle.hpp"

namespace berth::allocation {
namespace {

/// Names have no commas.
std::string pools_text(const std::vector<PoolName>& pools) {
  std::string text;
  for (const PoolName& pool : pools)
    text += "," + pool.str();
  return text;
}

} // namespace

/// F5: under StrictFifo nobody passes an earlier one of the same quota that lacks room in a pool,
/// and while a pool's degradation pauses backfill nobody passes anybody there (T3). Inside of
/// reservations nothing is passed: what is there is for holders alone.
std::optional<Refusal> AdmissionCycle::leave_out_passed_over(const Head& head,
                                                             std::vector<Option>& options) const {
  if (head.policy->ordering != Ordering::StrictFifo && paused_.empty() && !options.empty())
    return std::nullopt;
  const auto is_open = [&](const Option& option) {
    return !is_paused(*head.workload, option) &&
           !blocked_.contains({option.payer, option.site.pool->name});
  };
  if (std::ranges::none_of(options, is_open))
    return passed_over(head, options);
  std::erase_if(options, std::not_fn(is_open));
  return std::nullopt;
}

/// What victims left for a nominee is no room that others wait for, and who joins a gang that lacks
/// members starts nothing.
bool AdmissionCycle::is_paused(const Workload& workload, const Option& option) const {
  const PoolName& pool = option.site.pool->name;
  if (option.site.reservation != kNoReservation || !paused_.contains(pool))
    return false;
  const bool is_nominated =
      nominee_ != nullptr && nominee_->workload == workload.id && nominee_->pool == pool;
  const bool joins =
      workload.admission && workload.members_running + workload.members_done < workload.size_min;
  return !is_nominated && !joins;
}

Refusal AdmissionCycle::passed_over(const Head& head, const std::vector<Option>& options) const {
  for (const Option& option : options)
    if (paused_.contains(option.site.pool->name))
      return {Reason::HigherPriorityFirst, "earlier work waits for room, and " +
                                               rates_.describe_degraded(option.site.pool->name) +
                                               ", which pauses backfill"};
  return {Reason::HigherPriorityFirst, "earlier work of quota " + head.workload->quota.quota.str() +
                                           " waits for room, and the policy's order is StrictFifo"};
}

/// One that no node of its pools suits blocks nobody: room would not help it.
void AdmissionCycle::block_passing(const Head& head, const std::vector<Option>& options) {
  const Reason reason = refusal_.why->reason;
  if (head.policy->ordering != Ordering::StrictFifo || reason == Reason::NodeMismatch ||
      reason == Reason::ForbiddenByRule)
    return;
  for (const Option& option : options)
    blocked_.emplace(option.payer, option.site.pool->name);
}

/// T3: who lacks room in the pool stops others there. Not one that would fit on none of its nodes,
/// and not one that lacks quota: what it waits for is not theirs to take.
void AdmissionCycle::pause_backfill(const Option& option, Pods members, Reason reason) {
  const bool lacks_room = reason == Reason::InsufficientCapacity ||
                          reason == Reason::ReservedCapacity ||
                          reason == Reason::HigherPriorityFirst;
  const PoolName& pool = option.site.pool->name;
  if (lacks_room && option.site.reservation == kNoReservation && !paused_.contains(pool) &&
      rates_.degradation(pool).gives_up(DegradationStep::PauseBackfill) &&
      placer_.could_ever_fit(members, *option.site.pool))
    paused_.insert(pool);
}

/// Likeness is no reason for the same start, but for having none.
std::optional<TimePoint> AdmissionCycle::plan_start(const Head& head) {
  if (!unplaced_ || without_start_.contains(unplaced_->likeness))
    return std::nullopt;
  const Reason reason = refusal_.why->reason;
  // What ends of work bring is not known there.
  if (reason == Reason::PoolUnderPressure || reason == Reason::TenantLimited)
    return std::nullopt;
  std::erase_if(unplaced_->options, [this](const Option& option) { return held(option); });
  if (unplaced_->options.empty())
    return std::nullopt; // nobody knows when the pool admits again
  const auto start = planned_.plan({head.workload->id, unplaced_->members, unplaced_->options});
  if (!start)
    without_start_.insert(unplaced_->likeness);
  return start;
}

std::optional<Admission> AdmissionCycle::refuse(Refusal refusal) {
  return refuse(refusal.reason, std::move(refusal.message));
}

std::optional<Admission> AdmissionCycle::refuse(Reason reason, std::string message) {
  Explained& known = plain_refusals_[{reason, message}];
  if (known == nullptr)
    known = std::make_shared<const Explanation>(
        Explanation{reason, std::move(message), std::nullopt, {}});
  refusal_.why = known;
  return std::nullopt;
}

Waiting AdmissionCycle::last_refusal() {
  refusal_.position = ++positions_[refusal_.workload->quota.quota];
  return refusal_;
}

std::size_t AdmissionCycle::LikenessHash::operator()(const Likeness& likeness) const noexcept {
  std::size_t hash = likeness.size();
  for (const std::uint64_t part : likeness) // as boost::hash_combine does
    hash ^= std::hash<std::uint64_t>{}(part) + 0x9e3779b97f4a7c15ULL + (hash << 6U) + (hash >> 2U);
  return hash;
}

AdmissionCycle::Likeness AdmissionCycle::likeness_of(const Head& head, Pods members,
                                                     const Horizon& horizon) {
  const Workload& workload = *head.workload;
  const auto number_of = [](auto& numbers, const auto& key) {
    return numbers.try_emplace(key, numbers.size()).first->second;
  };
  // Followers of a running gang have one place only, that of their gang: nobody is like them.
  const std::uint64_t alone =
      workload.admission ? 1 + number_of(name_numbers_, workload.id.str()) : 0;
  Likeness likeness{
      alone, head.quota.value_or(0),
      number_of(name_numbers_, workload.reservation.str() + pools_text(members.front()->pools)),
      options_.subject_class(workload), number_of(horizon_numbers_, horizon)};
  for (const auto& pod : members) {
    likeness.push_back(number_of(shape_numbers_, pod->shape.get()));
    likeness.back() = likeness.back() * 2 + (pod->preemptible ? 1 : 0);
  }
  return likeness;
}

} // namespace berth::allocation
