// Limits, rates and bursts over random histories: what arrives, ends and waits, with the clock
// moved by hand.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>
#include <set>

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
