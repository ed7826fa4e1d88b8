#include "tests/property/allocation/week.hpp"

#include <algorithm>
#include <iostream>

#include "tests/support/allocation/backfill_invariant.hpp"
#include "tests/support/allocation/zones.hpp"

namespace berth::allocation::testing {
namespace {

constexpr int kNodes = 10;
constexpr std::int64_t kNodeMillicores = 16'000;
const QuotaName kKind{"all"};

ReservationSpec recurring(const std::string& name, const char* schedule, Duration duration) {
  ReservationSpec spec = reservation(name, 0);
  spec.amounts = {};
  spec.window = RecurringWindow{CronSchedule::parse(schedule).value(), zone(kBerlin), duration};
  spec.lead_time = 10min;
  spec.lend_idle = true;
  spec.accepted = false;
  spec.allowed_subjects.namespaces = {"team-r"};
  return spec;
}

/// A quota whose work evicts nobody: only windows and those who are owed capacity take it back.
QuotaSpec keeping_to_itself(const std::string& name, std::int64_t cores, Reclaim reclaim) {
  QuotaSpec spec = quota(name).under("root").of("team-" + name).pool("p").cpu(cores);
  spec.preemption = {WithinQuota::Never, reclaim};
  return spec;
}

} // namespace

Week::Week(std::uint64_t seed, Reclaim reclaim) : seed_(seed) {
  world_.policy.backfill.planned_starts = 10;
  world_.policy.preemption.enabled = true;
  makes_again_ = reclaim != Reclaim::Never;
  world_.add_all(pool("p"), quota("root").pool("p").cpu(0), keeping_to_itself("a", 80, reclaim),
                 keeping_to_itself("b", 50, reclaim), keeping_to_itself("r", 30, Reclaim::Never));
  for (int i = 0; i < kNodes; ++i)
    world_.add(node("n" + std::to_string(i), 16));
  ReservationSpec nodes = recurring("evening", "0 17 * * *", 2h);
  nodes.node_count = 2;
  ReservationSpec cores = recurring("morning", "30 9 * * 1-5", 3h);
  cores.amounts = {{"cpu", 40'000}};
  world_.add_all(nodes, cores);
}

void Week::submit(int members, bool holder) {
  const int number = ++submitted_;
  const std::string name = "w" + std::to_string(number);
  const int kind = below(10);
  const Duration limit = 1min * (10 + below(below(4) == 0 ? 600 : 120));
  for (int i = 0; i < members; ++i) {
    PodBuilder built = pod(name + "-" + std::to_string(i)).cpu(1 + number % 8);
    built.in(holder ? "team-r" : below(2) == 0 ? "team-a" : "team-b");
    if (members > 1)
      built.in(number % 2 == 0 ? "team-a" : "team-b").gang(name, members);
    PodView view = built;
    view.created = world_.now;
    view.owner = name; // who makes evicted pods again
    if (kind < 7)
      view.duration_limit = limit;
    else if (kind < 9)
      view.expected_duration = limit;
    view.preemptible = kind % 3 != 0 || kind == 9;
    world_.add(view);
  }
}

void Week::arrive() {
  if (below(100) < 22)
    submit(below(5) == 0 ? 2 + below(5) : 1, false);
  for (const char* name : {"evening", "morning"})
    if (world_.snapshot()->holds->find(ReservationName{name}) != nullptr && below(10) == 0)
      submit(1, true);
}

bool Week::near_window() {
  const auto snapshot = world_.snapshot();
  return std::any_of(
      snapshot->reservations.begin(), snapshot->reservations.end(), [&](const auto& spec) {
        const auto next = next_window(*spec, world_.now);
        return (next && next->start < world_.now + 25min) || open_window(*spec, world_.now);
      });
}

void Week::fail_nodes() {
  for (auto node_down = down_.begin(); node_down != down_.end();)
    if (node_down->second <= world_.now) {
      world_.add(node(node_down->first.str(), 16));
      node_down = down_.erase(node_down);
    } else {
      ++node_down;
    }
  if (!down_.empty() || below(1000) != 0 || near_window())
    return;
  const NodeName name{"n" + std::to_string(below(kNodes))};
  NodeView failed = node(name.str(), 16);
  failed.ready = false;
  world_.add(failed);
  down_[name] = world_.now + 1min * (20 + below(60));
  std::vector<PodUid> gone;
  world_.snapshot()->on_nodes.for_each([&](const NodePod& key, const auto&) {
    if (key.node == name)
      gone.push_back(key.pod);
  });
  for (const PodUid& uid : gone)
    remove(uid);
  lost += static_cast<int>(gone.size());
}

void Week::end_work() {
  for (const PodUid& uid : leaving_)
    remove(uid);
  leaving_.clear();
  for (PodView& pod : again_) {
    PodView again = pod;
    again.uid = PodUid{pod.uid.str() + "+"};
    again.name += '+';
    again.admission.reset();
    again.nomination.reset();
    again.revocable_after.reset();
    again.started.reset();
    again.node = NodeName{};
    again.gated = true;
    again.created = world_.now;
    world_.add(again);
  }
  again_.clear();
  std::vector<PodUid> done;
  for (const auto& [uid, end] : ends_)
    if (end <= world_.now)
      done.push_back(uid);
  for (const PodUid& uid : done)
    remove(uid);
}

void Week::start(const Admission& admission) {
  ++admitted;
  // Members of one gang end together.
  const int percent = 30 + below(71);
  for (const MemberAdmission& member : admission.members) {
    PodView view = *member.pod;
    view.admission = member.record;
    view.gated = false;
    view.revocable_after = member.record.lent_until;
    view.node = member.record.planned_nodes.front();
    view.started = world_.now;
    world_.add(view);
    if (view.duration_limit)
      ends_[view.uid] = world_.now + *view.duration_limit * percent / 100;
    else if (view.expected_duration) // may be wrong
      ends_[view.uid] = world_.now + *view.expected_duration * (percent + 20) / 100;
    else
      ends_[view.uid] = world_.now + 3h * percent / 100;
  }
}

/// Its grace period is over within the minute, and its controller makes it again.
void Week::evict(const PodView& pod) {
  PodView going = pod;
  going.terminating = true;
  leaving_.push_back(going.uid);
  ++evicted;
  world_.policy.evictions.note_eviction(pod.admission->quota, eviction_key(pod), world_.now);
  world_.add(going);
  if (makes_again_ && !pod.gang)
    again_.push_back(pod);
}

void Week::carry_out_nominations(const PreemptionPlan& plan) {
  for (const NominationDecision& nomination : plan.nominations) {
    for (const auto& [member, record] : nomination.members) {
      PodView view = *member;
      view.nomination = record;
      world_.add(view);
    }
    for (const auto& [quota, pool] : nomination.reclaimed)
      world_.policy.evictions.note_reclaim(quota, pool, world_.now);
  }
  for (const NominationEnd& end : plan.ended) {
    for (const auto& pod : end.pods)
      if (const auto known = world_.snapshot()->find_pod(pod->uid); known != nullptr) {
        PodView view = *known;
        view.nomination.reset();
        world_.add(view);
      }
    for (const auto& pod : end.spared)
      if (const auto known = world_.snapshot()->find_pod(pod->uid); known != nullptr) {
        PodView view = *known;
        view.revocable_after.reset();
        world_.add(view);
      }
    if (!end.is_fulfilled)
      world_.policy.evictions.note_failed_plan({end.workload, end.created}, end.victims,
                                               world_.now);
  }
}

void Week::carry_out(const Plan& plan) {
  for (const Admission& admission : plan.admissions)
    start(admission);
  carry_out_nominations(plan.preemption);
  for (const auto& pardoned : plan.preemption.pardons) {
    PodView view = *pardoned;
    view.revocable_after.reset();
    world_.add(view);
  }
  for (const Eviction& eviction : plan.preemption.evictions)
    for (const auto& pod : eviction.pods) {
      const auto known = world_.snapshot()->find_pod(pod->uid);
      if (known == nullptr)
        continue;
      PodView view = *known;
      if (eviction.step == EvictionStep::Notice) {
        view.revocable_after = eviction.revocable_after;
      } else {
        evict(view);
        continue;
      }
      world_.add(view);
    }
  for (const ReservationDecision& decision : plan.reservations) {
    ReservationSpec spec = *decision.reservation;
    spec.accepted = decision.accepted;
    spec.places = decision.places;
    world_.add(spec);
  }
  world_.remember_places(plan);
}

/// In the first minute of each window all of it must be there, and nobody else on it.
void Week::look_at_windows() {
  const auto snapshot = world_.snapshot();
  for (const OpenReservation& open : snapshot->holds->open) {
    if (seen_[open.spec->name] == open.window.start)
      continue;
    seen_[open.spec->name] = open.window.start;
    ++windows;
    promised += open.spec->node_count > 0 ? open.spec->node_count * kNodeMillicores
                                          : open.spec->amounts.get(ResourceName::cpu()).value();
    bool is_there = open.missing.is_nothing() && open.nodes_missing == 0;
    for (const NodeHold& hold : snapshot->holds->holds) {
      const auto room = snapshot->loads.row(hold.node);
      const auto capacity = snapshot->nodes->capacity(hold.node);
      for (std::size_t column = 0; column < room.size(); ++column)
        is_there =
            is_there && (hold.is_whole ? room[column] == 0
                                       : hold.amounts[column] <= capacity[column] - room[column]);
    }
    honored += is_there ? 1 : 0;
    if (!is_there)
      std::cout << "missed: " << open.spec->name.str() << " at " << (world_.now - kNow) / 1min
                << " min, missing " << to_string(open.missing) << ", " << open.nodes_missing
                << " nodes\n";
  }
}

void Week::look_at_starts(const Plan& plan) {
  for (const Waiting& waiting : plan.waiting) {
    const WorkloadId& id = waiting.workload->id;
    if (waiting.planned_start && !told_.contains(id))
      told_[id] = {world_.now, *waiting.planned_start,
                   history_.interval(kKind, world_.now, *waiting.planned_start)};
  }
  bool somebody_waits = !plan.waiting.empty();
  for (const Admission& admission : plan.admissions) {
    backfilled += somebody_waits ? 1 : 0;
    const auto told_start = told_.find(admission.workload->id);
    if (told_start == told_.end())
      continue;
    if (world_.now > kNow + 24h) { // a day to learn
      ++told;
      within += told_start->second.interval.contains(world_.now) ? 1 : 0;
    }
    history_.note(kKind, told_start->second, world_.now);
    told_.erase(told_start);
  }
}

void Week::audit_ledger() {
  const auto snapshot = world_.snapshot();
  World fresh = copy_of(*snapshot, world_);
  drift += static_cast<int>(audit(snapshot->quota_use, fresh.snapshot()->quota_use).size());
}

void Week::minute() {
  end_work();
  fail_nodes();
  arrive();
  look_at_windows();
  const auto snapshot = world_.snapshot();
  const Plan plan = decide(*snapshot, world_.policy, world_.now, 1);
  delayed += static_cast<int>(delayed_by_later_work(*snapshot, world_, plan, 3).size());
  look_at_starts(plan);
  bounds.look(*snapshot, preemption(), plan, world_.now);
  world_.policy.evictions.prune(world_.now);
  carry_out(plan);
  if ((world_.now - kNow) / 1min % 60 == 0)
    audit_ledger();
  world_.now += 1min;
}

void Week::report() const {
  std::cout << "seed " << seed_ << ": " << admitted << " workloads, " << backfilled
            << " backfilled, " << evicted << " pods evicted, " << lost
            << " lost with nodes; windows " << honored << "/" << windows << "; starts told " << told
            << ", within " << within << "; evicted for work " << bounds.evicted << " of "
            << bounds.requested << " millicores asked for, for windows "
            << bounds.evicted_for_windows << " of " << promised
            << "; waited longest with room of its own " << bounds.longest_with_room / 1min
            << " min\n";
}

} // namespace berth::allocation::testing
