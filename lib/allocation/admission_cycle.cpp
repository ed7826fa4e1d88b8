#include "lib/allocation/admission_cycle.hpp"

#include <algorithm>
#include <array>

#include "lib/allocation/explain.hpp"
#include "lib/allocation/nominations.hpp"
#include "lib/allocation/placement_mode.hpp"
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

/// Names have no commas.
std::string pools_text(const std::vector<PoolName>& pools) {
  std::string text;
  for (const PoolName& pool : pools)
    text += "," + pool.str();
  return text;
}

std::string members_text(const Workload& workload, std::size_t there) {
  return std::to_string(there) + " of " + std::to_string(workload.size) + " members of the gang";
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
  if (running >= size || there < size)
    return {};
  return Pods(workload.waiting).first(std::min(size - running, workload.waiting.size()));
}

AdmissionCycle::AdmissionCycle(CycleInput input, AllocationMemory& memory)
    : input_(input), memory_(memory), rates_({input.snapshot, input.policy, input.now}, memory),
      subject_use_(input.snapshot), namespace_use_(input.snapshot),
      calendar_(input.snapshot, input.holds, input.now),
      placer_(input.snapshot, input.holds, &calendar_), headroom_(input.snapshot, input.holds),
      options_(input.snapshot, input.holds, input.now),
      planned_({input.snapshot, input.holds, input.policy, placer_, headroom_, input.now}) {}

std::vector<Replanning> AdmissionCycle::find_new_homes() {
  std::vector<Replanning> replannings;
  input_.snapshot.homeless.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (pod->admission->mode == PlacementMode::Candidates)
      return; // find_stranded() has it
    const auto found = options_.follow(*pod->admission);
    const auto* options = std::get_if<std::vector<Option>>(&found);
    if (options == nullptr)
      return;
    Site site = options->front().site;
    site.horizon = horizon_of({&pod, 1}, options->front());
    site.horizon.is_revocable = is_lent(*pod);
    auto placed = placer_.place({&pod, 1}, site, nodes_max(site));
    if (!placed)
      return;
    Replanning replanning{pod, *pod->admission};
    replanning.record.planned_nodes = names_of(placed->nodes.front());
    replanning.record.rules = rule_names_in(pod->shape->constraints.rules, replanning.record.pool);
    replanning.record.devices = placed->devices.front();
    placer_.take(std::move(*placed));
    replannings.push_back(std::move(replanning));
  });
  return replannings;
}

std::optional<Admission> AdmissionCycle::try_admit(const Head& head) {
  const Workload& workload = *head.workload;
  refusal_ = Waiting{head.workload, 0, nullptr};
  unplaced_.reset();
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

/// The decision stands and is charged (L1): what is left is to write it on the other members (G2),
/// with places if there are any now.
std::optional<Admission> AdmissionCycle::finish_interrupted(const Head& head) {
  const Workload& workload = *head.workload;
  const Pods members = Pods(workload.waiting).first(workload.already_charged);
  Admission admission{head.workload, {}, true};
  const auto found = options_.follow(*workload.interrupted);
  const auto* options = std::get_if<std::vector<Option>>(&found);
  for (const auto& pod : members) {
    MemberAdmission member{pod, *workload.interrupted};
    std::vector<NodeName> nodes;
    Site site = options == nullptr ? Site{} : options->front().site;
    if (options != nullptr) {
      site.horizon = horizon_of({&pod, 1}, options->front());
      site.horizon.is_revocable = member.record.lent_until.has_value();
      if (auto placed = placer_.place({&pod, 1}, site, nodes_max(site))) {
        nodes = names_of(placed->nodes.front());
        member.record.devices = placed->devices.front();
        if (own_room_)
          own_room_->take_place({&pod, 1}, site, *placed);
        placer_.take(std::move(*placed));
      }
    }
    plan_nodes(member.record, *pod, std::move(nodes), placement_in(member.record.pool).mode);
    admission.members.push_back(std::move(member));
  }
  return admission;
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
  if (there < size)
    return refuse(Reason::WaitingForGang, members_text(workload, there) + " exist");
  const Pods members = members_to_admit(workload);
  const auto found =
      workload.admission ? options_.follow(*workload.admission) : options_.find(workload);
  if (const auto* refusal = std::get_if<Refusal>(&found))
    return refuse(*refusal);
  const auto options = not_passed_over(head, std::get<std::vector<Option>>(found));
  if (options.empty())
    return refuse(Reason::HigherPriorityFirst,
                  "earlier work of quota " + workload.quota.quota.str() +
                      " waits for room, and the policy's order is StrictFifo");
  if (auto limit = find_limit(workload, members))
    return refuse(*std::move(limit));
  auto admission = admit_at_best(head, members, options);
  if (!admission)
    block_passing(head, options);
  return admission;
}

/// What has nothing to do with room: T1, T2, Q5, Q7.
std::optional<Refusal> AdmissionCycle::find_limit(const Workload& workload, Pods members) {
  if (auto refusal = rates_.find_refusal(workload))
    return refusal;
  const ResourceVector total = total_of(members);
  if (auto refusal = namespace_use_.find_refusal(workload, total))
    return refusal;
  return subject_use_.find_refusal(workload, total);
}

/// F5: under StrictFifo nobody passes an earlier one of the same quota that lacks room in a pool.
std::vector<Option> AdmissionCycle::not_passed_over(const Head& head,
                                                    const std::vector<Option>& options) const {
  if (head.policy->ordering != Ordering::StrictFifo)
    return options;
  std::vector<Option> open;
  std::ranges::copy_if(options, std::back_inserter(open), [&](const Option& option) {
    return !blocked_.contains({option.payer, option.site.pool->name});
  });
  return open;
}

/// One that no node of its pools suits blocks nobody: room would not help it.
void AdmissionCycle::block_passing(const Head& head, const std::vector<Option>& options) {
  const Reason reason = refusal_.why->reason;
  if (head.policy->ordering == Ordering::StrictFifo && reason != Reason::NodeMismatch &&
      reason != Reason::ForbiddenByRule)
    for (const Option& option : options)
      blocked_.emplace(option.payer, option.site.pool->name);
}

std::optional<Admission> AdmissionCycle::admit_at_best(const Head& head, Pods members,
                                                       std::vector<Option> options) {
  for (Option& option : options) {
    option.site.horizon = horizon_of(members, option);
    option.site.horizon.own_plan = bursts_ ? planned_.plan_of(head.workload->id) : kNoPlan;
  }
  const Horizon seen = calendar_.canonical(options.back().site.horizon);
  const Likeness likeness = likeness_of(*head.workload, members, seen);
  const ResourceVector total = total_of(members);
  if (const auto known = refused_.find(likeness); known != refused_.end()) {
    refusal_.why = known->second.why; // room only shrinks, so what failed fails again
    if (known->second.has_claimed)
      known->second.has_claimed = claim_room(members, options, total);
    if (known->second.is_recalled)
      recalled_.insert(head.workload->id);
    unplaced_ = Unplaced{members, std::move(options), likeness};
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
  refusal_.why = std::make_shared<const Explanation>(explain_all(std::move(failures)));
  refused_.emplace(likeness, Refused{refusal_.why, claim_room(members, options, total),
                                     recalled_.contains(head.workload->id)});
  unplaced_ = Unplaced{members, std::move(options), likeness};
  return std::nullopt;
}

/// Likeness is no reason for the same start, but for having none.
std::optional<TimePoint> AdmissionCycle::plan_start(const Head& head) {
  if (!unplaced_ || without_start_.contains(unplaced_->likeness))
    return std::nullopt;
  if (refusal_.why->reason == Reason::PoolUnderPressure) // no end of anybody's work lets it start
    return std::nullopt;
  const auto start = planned_.plan({head.workload->id, unplaced_->members, unplaced_->options});
  if (!start)
    without_start_.insert(unplaced_->likeness);
  return start;
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
    plan_nodes(record, *members[i], names_of(placed.nodes[i]), placement_in(record.pool).mode);
    record.devices = placed.devices[i];
    admission.members.push_back(MemberAdmission{members[i], record});
  }
  rates_.admitted(*head.workload, record.pool);
  subject_use_.admitted(*head.workload, total);
  namespace_use_.admitted(*head.workload, total);
  take(option, members, std::move(placed), record.is_burst);
  if (!input_.holds.open.empty())
    admitted_.insert(head.workload->id);
  if (holders_room_ && holders_room_->release(head.workload->id))
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
  headroom_.take(option, total, is_burst);
  planned_.note_admitted(option, total, option.site.horizon.expected_until, nodes);
  if (own_room_) {
    own_room_->take(option, members, total, placed, is_burst);
    placer_.take_again(members, option.site, placed); // own_room_ may have found the place
  } else {
    placer_.take(std::move(placed));
  }
  if (option.site.reservation != kNoReservation)
    refused_.clear(); // what it held elsewhere may be free for others now
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

AdmissionCycle::Likeness AdmissionCycle::likeness_of(const Workload& workload, Pods members,
                                                     const Horizon& horizon) {
  const auto number_of = [](auto& numbers, const auto& key) {
    return numbers.try_emplace(key, numbers.size()).first->second;
  };
  // Followers of a running gang have one place only, that of their gang: nobody is like them.
  const bool is_alone = workload.admission.has_value();
  Likeness likeness{
      is_alone ? 1U : 0U,
      number_of(name_numbers_, is_alone ? workload.id.str() : workload.quota.quota.str()),
      number_of(name_numbers_, workload.reservation.str() + pools_text(members.front()->pools)),
      options_.subject_class(workload), number_of(horizon_numbers_, horizon)};
  for (const auto& pod : members) {
    likeness.push_back(number_of(shape_numbers_, pod->shape.get()));
    likeness.back() = likeness.back() * 2 + (pod->preemptible ? 1 : 0);
  }
  return likeness;
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
