// A week of mixed work on one pool, minute by minute, in a closed loop over decide(): gangs and
// single pods with limits, estimates and neither, two recurring reservations with holders, nodes
// that fail. Faults spare the minutes in which nobody could give notice any more: a node that is
// lost when a window begins is lost to its holders too.

#include <catch2/catch.hpp>

#include <iostream>

#include "lib/allocation/start_history.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/allocation/backfill_invariant.hpp"
#include "tests/support/allocation/zones.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kNodes = 10;
constexpr int kMinutes = 7 * 24 * 60;
constexpr std::uint64_t kSeed = 20261121;
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

/// A quota whose work evicts nobody: only windows take capacity back.
QuotaSpec keeping_to_itself(const std::string& name, std::int64_t cores) {
  QuotaSpec spec = quota(name).under("root").of("team-" + name).pool("p").cpu(cores);
  spec.preemption = {WithinQuota::Never, Reclaim::Never};
  return spec;
}

class Week {
public:
  Week();
  void minute();
  void report() const;

  int windows = 0;
  int honored = 0;
  int delayed = 0;
  int drift = 0;
  int admitted = 0;
  int backfilled = 0;
  int evicted = 0;
  int lost = 0;
  int told = 0;
  int within = 0;

private:
  void end_work();
  void fail_nodes();
  void arrive();
  void carry_out(const Plan& plan);
  void start(const Admission& admission);
  void look_at_windows();
  void look_at_starts(const Plan& plan);
  void audit_ledger();
  void submit(int members, bool holder);
  [[nodiscard]] bool near_window();
  int below(int bound) { return static_cast<int>(rng_.below(static_cast<std::uint64_t>(bound))); }
  void remove(const PodUid& uid) {
    ends_.erase(uid);
    world_.state.remove_pod(uid);
  }

  World world_;
  Rng rng_{kSeed};
  StartHistory history_;
  std::map<PodUid, TimePoint> ends_;
  std::map<WorkloadId, ToldStart> told_;
  std::map<NodeName, TimePoint> down_;
  std::map<ReservationName, TimePoint> seen_;
  std::vector<PodUid> leaving_;
  int submitted_ = 0;
};

Week::Week() {
  world_.policy.backfill.planned_starts = 10;
  world_.policy.preemption.enabled = true;
  world_.add_all(pool("p"), quota("root").pool("p").cpu(0), keeping_to_itself("a", 80),
                 keeping_to_itself("b", 50), keeping_to_itself("r", 30));
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

void Week::carry_out(const Plan& plan) {
  for (const Admission& admission : plan.admissions)
    start(admission);
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
        view.terminating = true;
        leaving_.push_back(view.uid); // its grace period is over within the minute
        ++evicted;
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
  carry_out(plan);
  if ((world_.now - kNow) / 1min % 60 == 0)
    audit_ledger();
  world_.now += 1min;
}

void Week::report() const {
  std::cout << "seed " << kSeed << ": " << admitted << " workloads, " << backfilled
            << " backfilled, " << evicted << " pods evicted, " << lost
            << " lost with nodes; windows " << honored << "/" << windows << "; starts told " << told
            << ", within " << within << "\n";
}

} // namespace

TEST_CASE(
    "R3, B1, B3, L3: a week of mixed work keeps its windows, its planned starts and its ledger") {
  Week week;
  for (int i = 0; i < kMinutes; ++i)
    week.minute();
  week.report();
  CHECK(week.windows >= 11);
  CHECK(week.honored == week.windows);
  CHECK(week.delayed == 0);
  CHECK(week.drift == 0);
  REQUIRE(week.told >= 200);
  CHECK(week.within * 100 >= 87 * week.told);
  CHECK(week.within * 100 <= 93 * week.told);
}
