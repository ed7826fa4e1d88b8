// Limits, rates and bursts over random histories: what arrives, ends and waits, with the clock
// moved by hand.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/decay.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// A history: at each step some time passes, jobs arrive, and each that runs may end.
struct History {
  World world;
  std::map<PodUid, PodView> running;
  int made = 0;

  void arrive(int jobs_max) {
    const int jobs = *rc::gen::inRange(0, jobs_max + 1);
    for (int i = 0; i < jobs; ++i) {
      PodView job = pod("j" + std::to_string(made))
                        .as(*rc::gen::element<std::string>("x", "y"))
                        .cpu(*rc::gen::inRange(1, 4));
      job.created = world.now + Duration{made++};
      world.add(job);
    }
  }
  void end_some() {
    for (auto it = running.begin(); it != running.end();)
      if (*rc::gen::inRange(0, 4) == 0) {
        world.state.remove_pod(it->first);
        it = running.erase(it);
      } else {
        ++it;
      }
  }
  Plan step() {
    Plan plan = world.step();
    for (const Admission& admission : plan.admissions)
      for (const MemberAdmission& member : admission.members)
        running.emplace(member.pod->uid, *member.pod);
    return plan;
  }
  std::int64_t cores(const std::string& account = {}) const {
    std::int64_t cores = 0;
    for (const auto& [uid, job] : running)
      if (account.empty() || job.service_account == account)
        cores += job.requests().get(ResourceName::cpu()).value() / 1000;
    return cores;
  }
};

} // namespace

TEST_CASE("Q5: no subject ever holds more than its limits, and only they make it wait") {
  REQUIRE(rc::check("against counting", [] {
    const int most_cores = *rc::gen::inRange(1, 10);
    const int most_jobs = *rc::gen::inRange(1, 5);
    SubjectLimits limits;
    limits.amounts = {{"cpu", most_cores * 1000}};
    limits.concurrent = most_jobs;
    History history;
    history.world.add_all(pool("p"), node("n", 50),
                          quota("a").of("team-a").pool("p").cpu(50).per_subject(limits));
    for (int step = 0; step < 8; ++step) {
      history.world.now += 1s;
      history.end_some();
      history.arrive(4);
      const Plan plan = history.step();
      std::map<std::string, int> jobs;
      for (const auto& [uid, job] : history.running)
        ++jobs[job.service_account];
      for (const std::string account : {"x", "y"}) {
        RC_ASSERT(history.cores(account) <= most_cores);
        RC_ASSERT(jobs[account] <= most_jobs);
      }
      for (const Waiting& waiting : plan.waiting) {
        RC_ASSERT(waiting.why->reason == Reason::SubjectLimited);
        const auto& job = *waiting.workload->waiting.front();
        const std::string& account = job.service_account;
        RC_ASSERT(jobs[account] == most_jobs ||
                  history.cores(account) + job.requests().get(ResourceName::cpu()).value() / 1000 >
                      most_cores);
      }
    }
  }));
}

TEST_CASE("Q6: use above the quota never exceeds the budget and the grace") {
  REQUIRE(rc::check("amount x time, with holders that go when they must", [] {
    const BurstSpec spec{200, 10min, std::chrono::minutes{*rc::gen::inRange(50, 5000)}, 3min};
    constexpr std::int64_t kNominal = 5;
    History history;
    history.world.policy.preemption.enabled = true;
    history.world.add_all(
        pool("p"), node("n", 50),
        quota("a").of("team-a").pool("p").nominal("cpu", kNominal * 1000).bursts(spec));
    const TimePoint begin = history.world.now;
    std::int64_t above_ms = 0; // cores x milliseconds above nominal
    bool had_grace = false;
    std::int64_t graces = 0;
    for (int step = 0; step < 25; ++step) {
      history.end_some();
      history.arrive(4);
      const Plan plan = history.step();
      for (const Shedding& shedding : plan.sheddings)
        if (shedding.not_before <= history.world.now) {
          history.world.state.remove_pod(shedding.pod->uid);
          history.running.erase(shedding.pod->uid);
        }
      if (!plan.sheddings.empty() && !had_grace)
        ++graces;
      had_grace = !plan.sheddings.empty();
      RC_ASSERT(history.cores() <= kNominal * 2);
      // Every event is a cycle, as in the operator: none is later than the plan's next look.
      const Plan after = history.step();
      const Duration passes = std::chrono::seconds{*rc::gen::inRange(1, 600)};
      const TimePoint next = std::min(history.world.now + passes, after.next_look);
      above_ms += std::max<std::int64_t>(history.cores() - kNominal, 0) *
                  (next - history.world.now).count();
      history.world.now = std::max(next, history.world.now + Duration{1});
    }
    const std::int64_t refilled =
        kNominal * spec.budget.count() * (history.world.now - begin).count() / spec.refill.count();
    RC_ASSERT(above_ms <= kNominal * (spec.budget.count() + (graces + 1) * spec.grace.count()) +
                              refilled + kNominal * 1000);
  }));
}

TEST_CASE("T1: a bucket never gives more than its burst and what its rate brought") {
  REQUIRE(rc::check("in any stretch of time", [] {
    const RateLimit rate{*rc::gen::inRange(1, 600), *rc::gen::inRange(1, 20)};
    TokenBucket bucket;
    std::vector<TimePoint> taken;
    TimePoint now = kNow;
    for (int i = 0; i < 200; ++i) {
      now += Duration{*rc::gen::inRange(0, 3000)};
      if (!bucket.has_token(rate, now)) {
        RC_ASSERT(bucket.next_token(rate) > now);
        if (*rc::gen::inRange(0, 3) != 0)
          continue;
        now = bucket.next_token(rate);
        RC_ASSERT(bucket.has_token(rate, now));
        RC_ASSERT(!bucket.has_token(rate, now - Duration{1}));
      }
      bucket.take(rate, now);
      taken.push_back(now);
    }
    for (std::size_t i = 0; i < taken.size(); ++i)
      for (std::size_t j = i; j < taken.size(); ++j) {
        const auto given = static_cast<std::int64_t>(j - i + 1);
        const std::int64_t brought = (taken[j] - taken[i]).count() * rate.per_minute / 60'000;
        RC_ASSERT(given <= rate.burst + brought);
      }
  }));
}

TEST_CASE("Q7: a namespace never holds more than its ResourceQuota, and only that makes it wait") {
  REQUIRE(rc::check("against counting, with pods that Berth does not manage", [] {
    const int most_cores = *rc::gen::inRange(0, 12);
    const int most_pods = *rc::gen::inRange(1, 8);
    NamespaceQuota limit;
    limit.namespace_name = "team-a";
    limit.name = "compute";
    limit.hard = {{"cpu", most_cores * 1000}, {"pods", most_pods}};
    History history;
    history.world.add_all(pool("p"), node("n", 50), limit,
                          quota("a").of("team-a").of("team-b").pool("p").cpu(50));
    int strangers = 0; // a core each
    for (int step = 0; step < 8; ++step) {
      history.world.now += 1s;
      history.end_some();
      if (*rc::gen::inRange(0, 3) == 0 && history.cores() + strangers < most_cores &&
          static_cast<int>(history.running.size()) + strangers < most_pods)
        history.world.add(
            pod("stranger" + std::to_string(strangers++)).cpu(1).unmanaged().bound("n"));
      history.arrive(4);
      history.world.add(pod("free" + std::to_string(step)).in("team-b").cpu(1));
      const Plan plan = history.world.step();
      for (const Admission& admission : plan.admissions) {
        const auto& job = *admission.members.front().pod;
        if (job.namespace_name == "team-a")
          history.running.emplace(job.uid, job);
      }
      const auto cores = history.cores() + strangers;
      const auto pods = static_cast<int>(history.running.size()) + strangers;
      RC_ASSERT(cores <= most_cores);
      RC_ASSERT(pods <= most_pods);
      for (const Waiting& waiting : plan.waiting) {
        RC_ASSERT(waiting.why->reason == Reason::NamespaceQuotaExceeded);
        const auto& job = *waiting.workload->waiting.front();
        RC_ASSERT(job.namespace_name == "team-a");
        RC_ASSERT(pods == most_pods ||
                  cores + job.requests().get(ResourceName::cpu()).value() / 1000 > most_cores);
      }
    }
  }));
}

TEST_CASE("T1: a restart forgets no admission of work that is still there") {
  REQUIRE(rc::check("in any stretch of time, with restarts, within a second's worth", [] {
    const RateLimit rate{*rc::gen::inRange(1, 600), *rc::gen::inRange(1, 10)};
    World world;
    world.add_all(pool("p"), node("n", 100),
                  quota("a").of("team-a").pool("p").cpu(100).rate(rate.per_minute, rate.burst));
    for (int i = 0; i < 60; ++i)
      world.add(pod("j" + std::to_string(i)).asks("cpu", 1));
    std::vector<TimePoint> admitted;
    for (int step = 0; step < 25; ++step) {
      world.now += Duration{*rc::gen::inRange(0, 3000)};
      if (*rc::gen::inRange(0, 3) == 0) {
        AllocationMemory memory;
        recall_admissions(*world.snapshot(), world.now, memory);
        world.policy.memory = std::make_shared<const AllocationMemory>(memory);
      }
      admitted.insert(admitted.end(), world.step().admissions.size(), world.now);
    }
    for (std::size_t i = 0; i < admitted.size(); ++i)
      for (std::size_t j = i; j < admitted.size(); ++j) {
        const Duration passed = admitted[j] - admitted[i] + 1s;
        RC_ASSERT(static_cast<std::int64_t>(j - i + 1) <=
                  rate.burst + passed.count() * rate.per_minute / 60'000 + 1);
      }
  }));
}

namespace {

/// T2 word for word, for one subject.
struct ReferenceBreaker {
  BreakerSpec spec;
  std::vector<TimePoint> failures{};
  std::optional<TimePoint> opened{};
  std::optional<TimePoint> probed{};

  void fail(TimePoint at) {
    if (opened && at < *opened + spec.open)
      return;
    if (opened) {
      if (probed && at >= *probed && at < *probed + spec.open) {
        opened = at;
        probed.reset();
        return;
      }
      if (!probed)
        return;
      close();
    }
    failures.push_back(at);
    const auto recent = std::ranges::count_if(
        failures, [&](TimePoint failure) { return failure > at - spec.window; });
    if (recent >= spec.failures)
      opened = at;
  }
  /// How many of `waiting` are admitted.
  std::size_t admits(TimePoint now, std::size_t waiting) {
    if (probed && now >= *probed + spec.open)
      close();
    if (!opened || waiting == 0)
      return waiting;
    if (now < *opened + spec.open || probed)
      return 0;
    probed = now;
    return 1;
  }
  void close() {
    failures.clear();
    opened.reset();
    probed.reset();
  }
};

} // namespace

TEST_CASE("T2: a subject is held back exactly while its breaker is open, and nobody else is") {
  REQUIRE(rc::check("against the law written out", [] {
    ReferenceBreaker reference{{*rc::gen::inRange(1, 5), 10min, 5min}};
    World world;
    PolicySpec policy;
    policy.breaker = reference.spec;
    world.add_all(policy, pool("p"), node("n", 100), quota("a").of("team-a").pool("p").cpu(100));
    std::size_t waiting = 0;
    for (int step = 0; step < 30; ++step) {
      const TimePoint before = world.now;
      world.now += std::chrono::seconds{*rc::gen::inRange(1, 200)};
      world.policy.failures.clear();
      auto times = *rc::gen::container<std::vector<std::int64_t>>(
          *rc::gen::inRange<std::size_t>(0, 3),
          rc::gen::inRange<std::int64_t>(1, (world.now - before).count() + 1));
      std::ranges::sort(times);
      for (const std::int64_t time : times) {
        reference.fail(before + Duration{time});
        world.policy.failures.push_back({"team-a/x", before + Duration{time}});
      }
      const int jobs = *rc::gen::inRange(0, 3);
      for (int i = 0; i < jobs; ++i, ++waiting)
        world.add(pod("x" + std::to_string(step) + "-" + std::to_string(i)).as("x"));
      world.add(pod("y" + std::to_string(step)).as("y"));
      std::size_t admitted = 0;
      std::size_t others = 0;
      for (const Admission& admission : world.step().admissions)
        ++(admission.workload->service_account == "x" ? admitted : others);
      RC_ASSERT(others == 1U);
      RC_ASSERT(admitted == reference.admits(world.now, waiting));
      waiting -= admitted;
    }
  }));
}

TEST_CASE("F2: history is the same however the time is cut into cycles") {
  REQUIRE(rc::check("within rounding", [] {
    const Duration half_life = std::chrono::seconds{*rc::gen::inRange(60, 1'000'000)};
    const std::int64_t start = *rc::gen::inRange(0, 2'000'000'000);
    const std::int64_t current = *rc::gen::inRange(0, 2'000'000'000);
    const int cuts = *rc::gen::inRange(1, 20);
    std::int64_t in_pieces = start;
    Duration whole{0};
    for (int i = 0; i < cuts; ++i) {
      const Duration piece{*rc::gen::inRange<std::int64_t>(0, 10'000'000)};
      in_pieces = decayed_average(in_pieces, current, piece, half_life);
      whole += piece;
    }
    const std::int64_t at_once = decayed_average(start, current, whole, half_life);
    RC_ASSERT(std::abs(in_pieces - at_once) <= cuts + 1);
    RC_ASSERT(std::min(start, current) <= at_once);
    RC_ASSERT(at_once <= std::max(start, current));
  }));
}
