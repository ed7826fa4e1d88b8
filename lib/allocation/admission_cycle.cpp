#include "lib/allocation/admission_cycle.hpp"

#include <algorithm>
#include <array>

#include "lib/allocation/explain.hpp"
#include "lib/allocation/nominations.hpp"
#include "lib/base/rng.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

/// FNV-1a, to spread the ids of workloads over the seeds of their decisions.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::string hex_of(std::uint64_t value) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4U)
    *digit = "0123456789abcdef"[value & 0xfU];
  return text;
}

std::string members_text(const Workload& workload, std::size_t there) {
  const std::int32_t wanted =
      there < static_cast<std::size_t>(workload.size_min) ? workload.size_min : workload.size;
  return std::to_string(there) + " of " + std::to_string(wanted) + " members of the gang";
}

/// Whether the gang runs, and so many more are no more than it lacks of its least (G3).
bool lacks_of_its_least(const Workload& workload, std::size_t members) {
  return workload.admission && static_cast<std::size_t>(workload.members_running) +
                                       static_cast<std::size_t>(workload.members_done) + members <=
                                   static_cast<std::size_t>(workload.size_min);
}

} // namespace

std::shared_ptr<const Holds> current_holds(const ClusterSnapshot& snapshot, TimePoint now) {
  if (snapshot.open_windows.are_right_for(now))
    return snapshot.holds;
  return std::make_shared<const Holds>(
      hold_capacity(snapshot, find_open_windows(snapshot.reservations, now)));
}

Pods members_to_admit(const Workload& workload) {
  const auto running = static_cast<std::size_t>(workload.members_running);
  const auto size = static_cast<std::size_t>(workload.size);
  const std::size_t there =
      workload.waiting.size() + running + static_cast<std::size_t>(workload.members_done);
  if (running >= size || there < static_cast<std::size_t>(workload.size_min))
    return {};
  return Pods(workload.waiting).first(std::min(size - running, workload.waiting.size()));
}

Pods members_to_start(const Workload& workload) {
  const Pods members = members_to_admit(workload);
  const auto missing = static_cast<std::size_t>(
      std::max(workload.size_min - workload.members_running - workload.members_done, 1));
  return members.first(std::min(missing, members.size()));
}

AdmissionCycle::AdmissionCycle(CycleInput input, AllocationMemory& memory)
    : input_(input), memory_(memory), rates_({input.snapshot, input.policy, input.now}, memory),
      subject_use_(input.snapshot), namespace_use_(input.snapshot),
      calendar_(input.snapshot, input.policy, input.holds, input.now),
      placer_(input.snapshot, input.holds, &calendar_),
      headroom_(input.snapshot, input.holds, input.balance),
      options_(input.snapshot, input.holds, input.now),
      planned_({input.snapshot, input.holds, input.policy, placer_, headroom_, input.now}) {}

std::optional<Admission> AdmissionCycle::try_admit(const Head& head) {
  const Workload& workload = *head.workload;
  refusal_ = Waiting{head.workload, 0, nullptr};
  unplaced_.reset();
  if (holders_room_)
    holders_room_->begin_turn(workload.id);
  if (!workload.defect.empty())
    return refuse(Reason::InvalidWorkload, workload.defect);
  if (workload.already_charged > 0)
    return finish_interrupted(head);
  if (const HeldBack* held = held_back(workload.id))
    return refuse(held->reason, held->why + " and waits until " + format_time(held->until));
  return admit_new(head);
}

/// nullptr if nothing keeps it back now.
const HeldBack* AdmissionCycle::held_back(const WorkloadId& workload) const {
  const auto held = input_.policy.held_back.find(workload);
  return held != input_.policy.held_back.end() && held->second.until > input_.now ? &held->second
                                                                                  : nullptr;
}

std::optional<Admission> AdmissionCycle::admit_new(const Head& head) {
  const Workload& workload = *head.workload;
  const auto running = static_cast<std::size_t>(workload.members_running);
  const auto size = static_cast<std::size_t>(workload.size);
  const std::size_t there =
      workload.waiting.size() + running + static_cast<std::size_t>(workload.members_done);
  if (running >= size)
    return refuse(Reason::InvalidWorkload,
                  members_text(workload, running) + " run already; this one is too many");
  if (there < static_cast<std::size_t>(workload.size_min))
    return refuse(Reason::WaitingForGang, members_text(workload, there) + " exist");
  auto found = workload.admission ? options_.join(*workload.admission) : options_.find(workload);
  if (auto* refusal = std::get_if<Refusal>(&found))
    return refuse(std::move(*refusal));
  auto& options = std::get<std::vector<Option>>(found);
  if (auto refusal = leave_out_passed_over(head, options))
    return refuse(*std::move(refusal));
  const Pods members = as_many_as_fit(head, options);
  const ResourceVector total = total_of(members);
  if (auto limit = find_limit(workload, total))
    return refuse(*std::move(limit));
  auto admission = admit_at_best(head, members, total, std::move(options));
  if (!admission)
    block_passing(head, unplaced_->options);
  return admission;
}

/// All of them, but for work that may start with fewer (G3): as many of those as can, or so few as
/// must, which then say what is missing.
Pods AdmissionCycle::as_many_as_fit(const Head& head, const std::vector<Option>& options) {
  const Pods all = members_to_admit(*head.workload);
  const Pods least = members_to_start(*head.workload);
  if (least.size() == all.size() || fit(head, all, options))
    return all;
  if (!fit(head, least, options))
    return least;
  std::size_t most = least.size();
  for (std::size_t too_many = all.size(); too_many - most > 1;) {
    const std::size_t middle = most + (too_many - most) / 2;
    (fit(head, all.first(middle), options) ? most : too_many) = middle;
  }
  return all.first(most);
}

/// Whether they would be admitted; nobody is.
bool AdmissionCycle::fit(const Head& head, Pods members, const std::vector<Option>& options) {
  const ResourceVector total = total_of(members);
  if (find_limit(*head.workload, total))
    return false;
  std::vector<Option> tried = options;
  set_horizons(head, members, tried);
  return std::ranges::any_of(tried, [&](Option& option) {
    return std::holds_alternative<PlacedPods>(try_option(option, members, total));
  });
}

void AdmissionCycle::set_horizons(const Head& head, Pods members,
                                  std::vector<Option>& options) const {
  for (Option& option : options) {
    option.site.horizon = horizon_of(members, option);
    option.site.horizon.own_plan = bursts_ ? planned_.plan_of(head.workload->id) : kNoPlan;
    option.completes_gang = lacks_of_its_least(*head.workload, members.size());
  }
}

/// What has nothing to do with room: T1, T2, Q5, Q7.
std::optional<Refusal> AdmissionCycle::find_limit(const Workload& workload,
                                                  const ResourceVector& total) {
  if (auto refusal = rates_.find_refusal(workload))
    return refusal;
  if (auto refusal = namespace_use_.find_refusal(workload, total))
    return refusal;
  return subject_use_.find_refusal(workload, total);
}

/// Who is refused is unplaced_.
std::optional<Admission> AdmissionCycle::admit_at_best(const Head& head, Pods members,
                                                       const ResourceVector& total,
                                                       std::vector<Option> options) {
  set_horizons(head, members, options);
  const Horizon seen = calendar_.canonical(options.back().site.horizon);
  Likeness likeness = likeness_of(head, members, seen);
  const bool has_own_room = holders_room_ && holders_room_->is_own_free();
  if (const auto known = refused_.find(likeness); known != refused_.end() && !has_own_room) {
    refusal_.why = known->second.why; // room only shrinks, so what failed fails again
    if (known->second.has_claimed)
      known->second.has_claimed = claim_room(members, options, total);
    if (known->second.is_recalled)
      recalled_.insert(head.workload->id);
    unplaced_ = Unplaced{members, std::move(options), std::move(likeness)};
    return std::nullopt;
  }
  std::vector<Explanation> failures;
  for (Option& option : options) {
    auto tried = try_option(option, members, total);
    if (auto* failure = std::get_if<Explanation>(&tried)) {
      failures.push_back(std::move(*failure));
      continue;
    }
    return admit_there(head, members, option, std::get<PlacedPods>(std::move(tried)));
  }
  for (std::size_t i = 0; i < options.size(); ++i)
    pause_backfill(options[i], members, failures[i].reason);
  refusal_.why = std::make_shared<const Explanation>(explain_all(std::move(failures)));
  refused_.emplace(likeness, Refused{refusal_.why, claim_room(members, options, total),
                                     recalled_.contains(head.workload->id)});
  unplaced_ = Unplaced{members, std::move(options), std::move(likeness)};
  return std::nullopt;
}

Admission AdmissionCycle::admit_there(const Head& head, Pods members, const Option& option,
                                      PlacedPods placed) {
  const QuotaForest& quotas = *input_.snapshot.quotas;
  AdmissionRecord record;
  record.decision = new_decision_id(head.workload->id);
  record.quota = quotas.spec(option.payer).name;
  record.pool = option.site.pool->name;
  record.reservation = option.reservation;
  const ResourceVector total = total_of(members);
  record.admitted_at = std::chrono::floor<std::chrono::seconds>(input_.now);
  record.is_burst = headroom_.quota_shortfall(option, total).has_value();
  record.lent_until = lent_until(placed, option.site);
  record.members = static_cast<std::int32_t>(members.size());
  for (const auto& pod : members)
    record.youngest_member = std::max(record.youngest_member, pod->created);

  Admission admission{head.workload, {}, head.workload->members_running > 0};
  for (std::size_t i = 0; i < members.size(); ++i) {
    plan_nodes(record, *members[i], plan_for(*members[i], record.pool, names_of(placed.nodes[i])));
    record.devices = placed.devices[i];
    admission.members.push_back(MemberAdmission{members[i], record});
  }
  rates_.admitted(*head.workload, record.pool);
  subject_use_.admitted(*head.workload, total);
  namespace_use_.admitted(*head.workload, total);
  take(option, members, std::move(placed), record.is_burst);
  if (!input_.holds.open.empty())
    admitted_.insert(head.workload->id);
  if (holders_room_ && holders_room_->release())
    refused_.clear(); // what was kept for it may be lent again
  return admission;
}

/// What the next workload finds.
void AdmissionCycle::take(const Option& option, Pods members, PlacedPods placed, bool is_burst) {
  const ResourceVector total = total_of(members);
  std::vector<NodeIndex> nodes;
  for (const auto& candidates : placed.nodes)
    if (!candidates.empty())
      nodes.push_back(candidates.front());
  planned_.note_admitted(option, total, option.site.horizon.expected_until, nodes);
  headroom_.take(option, total, is_burst);
  if (own_room_) {
    own_room_->take(option, members, total, placed, is_burst);
    placer_.take_again(members, option.site, placed); // own_room_ may have found the place
  } else {
    placer_.take(std::move(placed));
  }
  if (option.site.reservation != kNoReservation)
    refused_.clear(); // what it held elsewhere may be free for others now
}

void AdmissionCycle::begin_bursts() {
  bursts_ = true;
  refused_.clear();
}

/// What must not be evicted gets no burst, since none lasts; nor does a request, whose status does
/// not say how it is paid for.
bool AdmissionCycle::may_burst(const Head& head) const {
  const auto& waiting = head.workload->waiting;
  return head.quota && input_.snapshot.quotas->spec(*head.quota).burst.has_value() &&
         std::all_of(waiting.begin(), waiting.end(),
                     [](const auto& pod) { return pod->preemptible && !pod->is_request; });
}

NodePlan AdmissionCycle::plan_for(const PodView& pod, const PoolName& pool,
                                  std::vector<NodeName> nodes) const {
  auto wanted = placement_in(pool).mode;
  const bool pins = wanted != PlacementMode::Nominate && wanted != PlacementMode::Extender;
  if (pins && input_.policy.unpinned.contains(eviction_key(pod)))
    wanted = PlacementMode::Extender;
  const NodeTable& table = *input_.snapshot.nodes;
  return {std::move(nodes), wanted, table.in_pool(pool).size() > scheduler_sample(table.size())};
}

const Placement& AdmissionCycle::placement_in(const PoolName& pool) const {
  return placement_of(input_.snapshot, input_.policy, pool);
}

std::size_t AdmissionCycle::nodes_max(const Site& site) const {
  return static_cast<std::size_t>(std::max(placement_in(site.pool->name).candidates, 1));
}

std::vector<NodeName> AdmissionCycle::names_of(const std::vector<NodeIndex>& nodes) const {
  std::vector<NodeName> names;
  names.reserve(nodes.size());
  for (const NodeIndex node : nodes)
    names.push_back(input_.snapshot.nodes->node(node).view.name);
  return names;
}

DecisionId AdmissionCycle::new_decision_id(const WorkloadId& workload) const {
  Rng rng(input_.seed ^ hash_of(workload.str()));
  return DecisionId{hex_of(rng.next() ^ input_.snapshot.generation.number)};
}

} // namespace berth::allocation
