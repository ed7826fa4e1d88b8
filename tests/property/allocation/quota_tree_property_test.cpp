// The quota tree against the two laws written out as they stand in the book: T by recursion over
// names, and "fits" by adding the workload and looking at every quota.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/allocation/quota_book.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const PoolName kPool{"p"};
const ResourceName kCpu = ResourceName::cpu();

rc::Gen<std::vector<Charged>> charges() {
  return rc::gen::container<std::vector<Charged>>(rc::gen::build<Charged>(
      rc::gen::set(&Charged::quota, rc::gen::inRange<std::size_t>(0, kQuotasMax)),
      rc::gen::set(&Charged::amount, rc::gen::inRange(0, 6))));
}

} // namespace

TEST_CASE("Q1, Q2: what is left and what fits are what the laws say, after any charges") {
  REQUIRE(rc::check("against the laws written out", [] {
    const auto plots = *forests();
    const auto charged = *charges();
    Book book(plots, charged);
    const QuotaForest forest(specs_of(plots));
    QuotaBalance balance(forest);
    for (const Charged& charge : charged)
      balance.charge(*forest.find(QuotaName{name_of(charge.quota % plots.size())}), kPool,
                     {{"cpu", charge.amount}});
    for (std::size_t i = 0; i < plots.size(); ++i) {
      const QuotaIndex at = *forest.find(QuotaName{name_of(i)});
      if (!book.is_governed(i)) {
        RC_ASSERT(balance.available(at, kPool, kCpu).is_unlimited());
        continue;
      }
      RC_ASSERT(balance.left(at, kPool, kCpu) == Amount{book.left(i)});
      for (int amount = 1; amount < 40; amount += 3)
        RC_ASSERT(!balance.shortfall(at, kPool, {{"cpu", amount}}) == book.fits(i, amount));
    }
  }));
}

TEST_CASE("Q2: the available amount is the greatest that fits") {
  REQUIRE(rc::check("one more does not fit", [] {
    const auto plots = *forests();
    const auto charged = *charges();
    const QuotaForest forest(specs_of(plots));
    QuotaBalance balance(forest);
    for (const Charged& charge : charged)
      balance.charge(*forest.find(QuotaName{name_of(charge.quota % plots.size())}), kPool,
                     {{"cpu", charge.amount}});
    for (QuotaIndex at = 0; at < forest.size(); ++at) {
      const Amount available = balance.available(at, kPool, kCpu);
      if (available.is_unlimited())
        continue;
      RC_ASSERT(balance.shortfall(at, kPool, {{"cpu", std::max(available.value(), 0L) + 1}}));
      if (available <= Amount{})
        continue;
      RC_ASSERT(!balance.shortfall(at, kPool, {{"cpu", available.value()}}));
    }
  }));
}

TEST_CASE("Q2: a quota that is raised never fits less") {
  REQUIRE(rc::check("raising nominal hurts nobody who could use it", [] {
    auto plots = *forests();
    const auto charged = *charges();
    const std::size_t raised = *rc::gen::inRange<std::size_t>(0, plots.size());
    Book before(plots, charged);
    std::vector<bool> fitted;
    for (std::size_t i = 0; i < plots.size(); ++i)
      fitted.push_back(before.fits(i, 3));
    plots[raised].nominal += 5;
    const QuotaForest forest(specs_of(plots));
    QuotaBalance balance(forest);
    for (const Charged& charge : charged)
      balance.charge(*forest.find(QuotaName{name_of(charge.quota % plots.size())}), kPool,
                     {{"cpu", charge.amount}});
    for (std::size_t i = 0; i < plots.size(); ++i)
      if (fitted[i])
        RC_ASSERT(!balance.shortfall(*forest.find(QuotaName{name_of(i)}), kPool, {{"cpu", 3}}));
  }));
}

TEST_CASE("Q3: in any graph of parents exactly the broken components are stopped") {
  REQUIRE(rc::check("cycles, missing parents and innocent trees", [] {
    // parent of i: 0..n-1 a quota (maybe itself), n a missing one, n + 1 none
    const auto count = *rc::gen::inRange<std::size_t>(1, 8);
    const auto parents = *rc::gen::container<std::vector<std::size_t>>(
        count, rc::gen::inRange<std::size_t>(0, count + 2));
    std::vector<std::shared_ptr<const QuotaSpec>> specs;
    for (std::size_t i = 0; i < count; ++i) {
      QuotaBuilder builder = quota(name_of(i)).pool("p").cpu(1);
      if (parents[i] <= count)
        builder.under(parents[i] == count ? "missing" : name_of(parents[i]));
      specs.push_back(builder.shared());
    }
    const QuotaForest forest(specs);
    // A component is sound if walking up from its members always ends at a root within n steps.
    const auto is_sound_walk = [&](std::size_t at) {
      for (std::size_t steps = 0; steps <= count; ++steps, at = parents[at])
        if (parents[at] >= count)
          return parents[at] == count + 1;
      return false;
    };
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<bool> reached(count);
      reached[i] = true;
      for (std::size_t round = 0; round < count; ++round)
        for (std::size_t j = 0; j < count; ++j)
          if (parents[j] < count && (reached[j] || reached[parents[j]]))
            reached[j] = reached[parents[j]] = true;
      bool is_sound = true;
      for (std::size_t j = 0; j < count; ++j)
        is_sound = is_sound && (!reached[j] || is_sound_walk(j));
      RC_ASSERT(forest.finding(*forest.find(QuotaName{name_of(i)})).has_value() == !is_sound);
    }
  }));
}
