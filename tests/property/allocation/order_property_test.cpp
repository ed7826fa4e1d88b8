// The order of turns against the laws written out: T by recursion, shares as exact fractions, and
// who comes first by looking at every quota anew at each step.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "lib/allocation/turn_order.hpp"
#include "tests/support/allocation/quota_book.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

struct Job {
  std::size_t quota = 0;
  Amounts amounts{};
  int priority = 0;
  int created = 0;
  friend void showValue(const Job& job, std::ostream& out) {
    out << "{quota " << job.quota << ", priority " << job.priority << ", created " << job.created
        << ", asks";
    for (const int amount : job.amounts)
      out << " " << amount;
    out << "}";
  }
};

struct Case {
  std::vector<Plot> plots;
  std::vector<int> weights;   ///< by quota
  std::vector<int> histories; ///< by quota, in quarters of the whole
  std::vector<Job> jobs;
  Ordering ordering = Ordering::PriorityThenFairShare;
  int history_percent = 0;
};

Case any_case(std::size_t jobs_max) {
  Case given;
  given.plots = *forests();
  const std::size_t quotas = given.plots.size();
  given.weights = *rc::gen::container<std::vector<int>>(quotas, rc::gen::inRange(1, 4));
  given.histories = *rc::gen::container<std::vector<int>>(quotas, rc::gen::inRange(0, 5));
  given.jobs = *rc::gen::container<std::vector<Job>>(
      *rc::gen::inRange<std::size_t>(0, jobs_max + 1),
      rc::gen::build<Job>(rc::gen::set(&Job::quota, rc::gen::inRange<std::size_t>(0, quotas)),
                          rc::gen::set(&Job::amounts, amounts(4)),
                          rc::gen::set(&Job::priority, rc::gen::inRange(0, 3)),
                          rc::gen::set(&Job::created, rc::gen::inRange(0, 4))));
  given.ordering = *rc::gen::element(Ordering::PriorityThenFairShare,
                                     Ordering::FairShareThenPriority, Ordering::Fifo);
  given.history_percent = *rc::gen::element(0, 50, 100);
  RC_TAG(std::to_string(quotas) + " quotas");
  return given;
}

std::string job_name(std::size_t job) {
  return "j" + std::string(job < 10 ? "0" : "") + std::to_string(job);
}

/// Feeds everything in the order of `shuffle`, a permutation of quotas, then jobs.
World world_of(const Case& given, const std::vector<std::size_t>& shuffle) {
  World world;
  NodeView node = testing::node("n", 1000);
  node.allocatable.set(ResourceName::pods(), Amount{10'000});
  for (const char* resource : kResources)
    node.allocatable.set(ResourceName{resource}, Amount{1000});
  PolicySpec policy;
  policy.ordering = given.ordering;
  policy.fairness.history_percent = given.history_percent;
  world.add_all(pool("p"), node, policy);
  auto specs = specs_of(given.plots);
  for (const std::size_t at : shuffle) {
    if (at < specs.size()) {
      QuotaSpec spec = *specs[at];
      spec.weight = given.weights[at];
      spec.subjects.namespaces = {"ns-" + name_of(at)};
      world.add(spec);
      continue;
    }
    const std::size_t job = at - specs.size();
    const Job& wanted = given.jobs[job];
    PodBuilder builder = pod(job_name(job)).in("ns-" + name_of(wanted.quota));
    for (std::size_t r = 0; r < kResources.size(); ++r)
      if (wanted.amounts[r] > 0)
        builder.asks(kResources[r], wanted.amounts[r]);
    world.add(builder.priority(wanted.priority).created(wanted.created));
  }
  AllocationMemory memory;
  for (std::size_t quota = 0; quota < specs.size(); ++quota) {
    QuotaMemory& own = memory.quotas[specs[quota]->name];
    own.history_nano = given.histories[quota] * (kShareWhole / 4);
    own.sampled_at = world.now;
  }
  world.policy.memory = std::make_shared<const AllocationMemory>(memory);
  return world;
}

std::vector<std::size_t> in_order(const Case& given) {
  std::vector<std::size_t> order(given.plots.size() + given.jobs.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  return order;
}

/// F1 and F2, word for word.
class Reference {
public:
  explicit Reference(const Case& given) : given_(given), book_(given.plots, {}) {
    for (std::size_t job = 0; job < given.jobs.size(); ++job)
      waiting_[given.jobs[job].quota].push_back(job);
    for (auto& [quota, jobs] : waiting_)
      std::sort(jobs.begin(), jobs.end(), [&](std::size_t left, std::size_t right) {
        const auto rank = [&](std::size_t job) {
          const Job& it = given.jobs[job];
          return std::tuple{is_fifo() ? 0 : -it.priority, it.created, job};
        };
        return rank(left) < rank(right);
      });
  }

  /// Admits whom there is quota for, until all had their turn. Who is within nominal and lacks
  /// quota claims it, as far as nominal goes, and borrowers leave what is claimed (F4).
  std::vector<std::string> admitted() {
    std::vector<std::string> names;
    Book claimed = book_;
    while (const auto job = next()) {
      const Job& it = given_.jobs[*job];
      auto& jobs = waiting_[it.quota];
      jobs.erase(jobs.begin());
      const bool borrows = book_.borrows(it.quota, it.amounts);
      if (!book_.fits(it.quota, it.amounts)) {
        if (!borrows && !claimed.borrows(it.quota, it.amounts))
          claimed.charge(it.quota, it.amounts);
        continue;
      }
      if (borrows && !claimed.has_what_it_draws(it.quota, it.amounts))
        continue;
      book_.charge(it.quota, it.amounts);
      claimed.charge(it.quota, it.amounts);
      names.push_back(job_name(*job));
    }
    return names;
  }

private:
  bool is_fifo() const { return given_.ordering == Ordering::Fifo; }

  std::optional<std::size_t> next() {
    std::vector<std::size_t> offers;
    for (std::size_t quota = 0; quota < given_.plots.size(); ++quota)
      if (!book_.parent(quota))
        if (const auto job = best_below(quota))
          offers.push_back(*job);
    return first_of(offers, [&](std::size_t job) { return top_of(given_.jobs[job].quota); });
  }

  std::size_t top_of(std::size_t quota) const {
    while (book_.parent(quota))
      quota = *book_.parent(quota);
    return quota;
  }

  std::optional<std::size_t> best_below(std::size_t quota) {
    std::vector<std::size_t> offers;
    std::map<std::size_t, std::size_t> level_of;
    if (const auto own = waiting_.find(quota); own != waiting_.end() && !own->second.empty()) {
      offers.push_back(own->second.front());
      level_of[own->second.front()] = quota;
    }
    for (std::size_t child = quota + 1; child < given_.plots.size(); ++child)
      if (book_.parent(child) == quota)
        if (const auto job = best_below(child)) {
          offers.push_back(*job);
          level_of[*job] = child;
        }
    return first_of(offers, [&](std::size_t job) { return level_of.at(job); });
  }

  template <class LevelOf>
  std::optional<std::size_t> first_of(const std::vector<std::size_t>& offers, LevelOf level_of) {
    std::optional<std::size_t> best;
    for (const std::size_t job : offers)
      if (!best || comes_before(job, level_of(job), *best, level_of(*best)))
        best = job;
    return best;
  }

  bool comes_before(std::size_t left, std::size_t left_level, std::size_t right,
                    std::size_t right_level) {
    const Job& a = given_.jobs[left];
    const Job& b = given_.jobs[right];
    if (!is_fifo()) {
      const bool by_priority = given_.ordering == Ordering::PriorityThenFairShare;
      const bool a_borrows = book_.borrows(a.quota, a.amounts);
      const bool b_borrows = book_.borrows(b.quota, b.amounts);
      if (a_borrows != b_borrows)
        return b_borrows;
      if (by_priority && a.priority != b.priority)
        return a.priority > b.priority;
      const double a_share = weighted_share(a, left_level);
      const double b_share = weighted_share(b, right_level);
      if (std::abs(a_share - b_share) > 1e-6)
        return a_share < b_share;
      if (a.priority != b.priority)
        return a.priority > b.priority;
    }
    return std::tuple{a.created, left} < std::tuple{b.created, right};
  }

  /// -1: nothing is borrowed there.
  double weighted_share(const Job& job, std::size_t level) {
    Book before = book_;
    book_.charge(job.quota, job.amounts);
    double share = 0;
    for (std::size_t r = 0; r < kResources.size(); ++r)
      if (book_.is_governed(level, r) && book_.left(level, r) < 0) {
        const auto whole = static_cast<double>(shareable(level, r));
        const auto borrowed = static_cast<double>(-book_.left(level, r));
        share = std::max(share, whole <= 0 ? 1e6 : std::min(borrowed / whole, 1e6));
      }
    book_ = before;
    if (share <= 0)
      return -1;
    const double past = given_.history_percent / 100.0;
    return (share * (1 - past) + given_.histories[level] / 4.0 * past) / given_.weights[level];
  }

  /// All that the level's parent could have, were nothing used.
  std::int64_t shareable(std::size_t level, std::size_t resource) {
    Book untouched(given_.plots, {});
    const std::size_t giver = book_.parent(level).value_or(level);
    Amounts asked{};
    while (++asked[resource], untouched.fits(giver, asked)) {
    }
    return asked[resource] - 1;
  }

  const Case& given_;
  Book book_;
  std::map<std::size_t, std::vector<std::size_t>> waiting_;
};

const Job& job_of(const Case& given, const Waiting& waiting) {
  const std::string& name = waiting.workload->waiting.front()->name;
  return given.jobs[static_cast<std::size_t>(std::stoi(name.substr(1)))];
}

} // namespace

TEST_CASE("F1, F2, F4: who is admitted, and in which order, is what the laws say, on any tree") {
  REQUIRE(rc::check("against the laws written out", [] {
    const Case given = any_case(12);
    Reference reference(given);
    RC_ASSERT(admitted_names(world_of(given, in_order(given)).plan()) == reference.admitted());
  }));
}

TEST_CASE("F5: whoever waits in the end has no quota; nobody is stopped by another") {
  REQUIRE(rc::check("nothing that waits would fit", [] {
    const Case given = any_case(16);
    World world = world_of(given, in_order(given));
    const Plan plan = world.plan();
    Book book(given.plots, {});
    for (const std::string& name : admitted_names(plan)) {
      const Job& job = given.jobs[static_cast<std::size_t>(std::stoi(name.substr(1)))];
      RC_ASSERT(book.fits(job.quota, job.amounts)); // I2, at each step
      book.charge(job.quota, job.amounts);
    }
    // F4: who is within nominal waits for want of quota alone, and a borrower for such a one.
    bool is_claimed = false;
    for (const Waiting& waiting : plan.waiting) {
      const Job& job = job_of(given, waiting);
      if (!book.borrows(job.quota, job.amounts)) {
        RC_ASSERT(!book.fits(job.quota, job.amounts));
        is_claimed = true;
      }
    }
    for (const Waiting& waiting : plan.waiting) {
      const Job& job = job_of(given, waiting);
      RC_ASSERT(is_claimed || !book.fits(job.quota, job.amounts));
      if (waiting.why->reason == Reason::HigherPriorityFirst)
        RC_ASSERT(book.borrows(job.quota, job.amounts));
    }
  }));
}

TEST_CASE("F1: the order in which the cluster is learnt changes nothing") {
  REQUIRE(rc::check("any permutation gives the same plan", [] {
    const Case given = any_case(12);
    auto shuffled = in_order(given);
    for (std::size_t i = shuffled.size(); i > 1; --i)
      std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
    const Plan plan = world_of(given, in_order(given)).plan();
    const Plan other = world_of(given, shuffled).plan();
    RC_ASSERT(admitted_names(plan) == admitted_names(other));
    RC_ASSERT(plan.waiting.size() == other.waiting.size());
    for (std::size_t i = 0; i < plan.waiting.size(); ++i) {
      RC_ASSERT(plan.waiting[i].workload->id == other.waiting[i].workload->id);
      RC_ASSERT(plan.waiting[i].position == other.waiting[i].position);
      RC_ASSERT(*plan.waiting[i].why == *other.waiting[i].why);
    }
    RC_ASSERT(plan.memory == other.memory);
  }));
}

TEST_CASE("I10: deciding again on the result admits nobody") {
  REQUIRE(rc::check("a plan that was carried out is a fixpoint", [] {
    const Case given = any_case(12);
    World world = world_of(given, in_order(given));
    const Plan first = world.step();
    const Plan second = world.step();
    RC_ASSERT(second.admissions.empty());
    RC_ASSERT(first.waiting.size() == second.waiting.size());
  }));
}

TEST_CASE("F5: under StrictFifo a quota's work starts in the order of its age") {
  REQUIRE(rc::check("what is admitted of a quota is the oldest of it", [] {
    Case given = any_case(12);
    given.ordering = Ordering::StrictFifo;
    std::map<std::size_t, std::size_t> admitted;
    std::map<std::size_t, std::vector<std::pair<int, std::size_t>>> by_age;
    for (std::size_t job = 0; job < given.jobs.size(); ++job)
      by_age[given.jobs[job].quota].emplace_back(given.jobs[job].created, job);
    for (auto& [quota, jobs] : by_age)
      std::sort(jobs.begin(), jobs.end());
    for (const std::string& name : admitted_names(world_of(given, in_order(given)).plan())) {
      const auto job = static_cast<std::size_t>(std::stoi(name.substr(1)));
      const std::size_t quota = given.jobs[job].quota;
      RC_ASSERT(by_age[quota][admitted[quota]++].second == job);
    }
  }));
}

TEST_CASE("F4: work within nominal starts when what was lent ends, however much others ask") {
  REQUIRE(rc::check("a flood of higher priority starves nobody who has room", [] {
    const int nodes = *rc::gen::inRange(1, 4);
    const int own = *rc::gen::inRange(1, 9);     // cores; a node has 8
    const int members = *rc::gen::inRange(1, 3); // of meek's gang, each on 1..8 cores
    const int lasts = *rc::gen::inRange(1, 4);   // cycles that each job runs
    const int nominal = nodes == 1 ? *rc::gen::inRange(0, 9) : 0; // greedy's own
    RC_PRE(members <= nodes && own * members + nominal <= 8 * nodes);
    PolicySpec policy;
    policy.ordering =
        *rc::gen::element(Ordering::PriorityThenFairShare, Ordering::FairShareThenPriority);
    World world;
    world.add_all(pool("p"), policy, quota("root").pool("p").cpu(0),
                  quota("meek").under("root").of("meek").pool("p").cpu(own * members),
                  quota("lender").under("root").of("lender").pool("p").cpu(8 * nodes -
                                                                           own * members - nominal),
                  quota("greedy").under("root").of("greedy").pool("p").cpu(nominal));
    for (int i = 0; i < nodes; ++i)
      world.add(node("n" + std::to_string(i), 8));
    std::map<int, std::vector<PodUid>> ends;
    constexpr int kAsked = 3; // the cycle in which meek asks
    for (int cycle = 0; cycle <= kAsked + lasts; ++cycle) {
      for (const PodUid& uid : ends[cycle])
        world.state.remove_pod(uid);
      const int asked = *rc::gen::inRange(0, 12 * nodes);
      for (int i = 0; i < asked; ++i)
        world.add(pod("g" + std::to_string(cycle) + "-" + std::to_string(i))
                      .in("greedy")
                      .cpu(*rc::gen::inRange(1, 4))
                      .priority(1000)
                      .created(cycle));
      for (int i = 0; cycle == kAsked && i < members; ++i)
        world.add(pod("meek-" + std::to_string(i))
                      .in("meek")
                      .gang("meek", members)
                      .cpu(own)
                      .created(cycle));
      world.now += 1s;
      for (const Admission& admission : world.step().admissions) {
        const auto& view = *admission.members.front().pod;
        if (view.namespace_name == "meek")
          return;
        ends[cycle + lasts].push_back(view.uid);
      }
    }
    RC_FAIL("all that ran when it asked has ended, and it waits");
  }));
}
