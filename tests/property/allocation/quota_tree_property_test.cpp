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

rc::Gen<std::vector<Charged>> charges() {
  return rc::gen::container<std::vector<Charged>>(rc::gen::build<Charged>(
      rc::gen::set(&Charged::quota, rc::gen::inRange<std::size_t>(0, kQuotasMax)),
      rc::gen::set(&Charged::amounts, amounts(5))));
}

QuotaBalance charged_balance(const QuotaForest& forest, const std::vector<Charged>& charged) {
  QuotaBalance balance(forest);
  for (const Charged& charge : charged)
    balance.charge(*forest.find(QuotaName{name_of(charge.quota % forest.size())}), kPool,
                   vector_of(charge.amounts));
  return balance;
}

} // namespace

TEST_CASE("Q1, Q2: what is left and what fits are what the laws say, after any charges") {
  REQUIRE(rc::check("against the laws written out", [] {
    const auto plots = *forests();
    const auto charged = *charges();
    Book book(plots, charged);
    const QuotaForest forest(specs_of(plots));
    const QuotaBalance balance = charged_balance(forest, charged);
    for (std::size_t i = 0; i < plots.size(); ++i) {
      const QuotaIndex at = *forest.find(QuotaName{name_of(i)});
      for (std::size_t r = 0; r < kResources.size(); ++r) {
        const Amount left = balance.left(at, kPool, ResourceName{kResources[r]});
        RC_ASSERT(left == (book.is_governed(i, r) ? Amount{book.left(i, r)} : Amount::unlimited()));
      }
      for (int attempt = 0; attempt < 10; ++attempt) {
        const Amounts asked = *amounts(20);
        const ResourceVector request = vector_of(asked);
        RC_ASSERT(!balance.shortfall(at, kPool, request) == book.fits(i, asked));
        RC_ASSERT(balance.has_what_it_draws(at, kPool, request) ==
                  book.has_what_it_draws(i, asked));
        RC_ASSERT(balance.forecast(at, kPool, request).borrows == book.borrows(i, asked));
      }
    }
  }));
}

TEST_CASE("Q2: the available amount is the greatest that fits") {
  REQUIRE(rc::check("one more does not fit", [] {
    const auto plots = *forests();
    const QuotaForest forest(specs_of(plots));
    const QuotaBalance balance = charged_balance(forest, *charges());
    for (QuotaIndex at = 0; at < forest.size(); ++at)
      for (const char* resource : kResources) {
        const Amount available = balance.available(at, kPool, ResourceName{resource});
        if (available.is_unlimited())
          continue;
        RC_ASSERT(balance.shortfall(at, kPool, {{resource, std::max(available.value(), 0L) + 1}}));
        if (available > Amount{})
          RC_ASSERT(!balance.shortfall(at, kPool, {{resource, available.value()}}));
      }
  }));
}

TEST_CASE("Q2: a quota that is raised never fits less") {
  REQUIRE(rc::check("raising nominal hurts nobody who could use it", [] {
    auto plots = *forests();
    const auto charged = *charges();
    const Amounts asked = *amounts(4);
    Book before(plots, charged);
    std::vector<bool> fitted;
    for (std::size_t i = 0; i < plots.size(); ++i)
      fitted.push_back(before.fits(i, asked));
    const std::size_t raised = *rc::gen::inRange<std::size_t>(0, plots.size());
    plots[raised].terms[*rc::gen::inRange<std::size_t>(0, kResources.size())].nominal += 5;
    const QuotaForest forest(specs_of(plots));
    const QuotaBalance balance = charged_balance(forest, charged);
    for (std::size_t i = 0; i < plots.size(); ++i)
      if (fitted[i])
        RC_ASSERT(!balance.shortfall(*forest.find(QuotaName{name_of(i)}), kPool, vector_of(asked)));
  }));
}

TEST_CASE("Q1, X2: a forest with another nominal amount is the one built from those quotas") {
  REQUIRE(rc::check("every quota stands and shares alike in both", [] {
    auto plots = *forests();
    const auto charged = *charges();
    const QuotaForest before(specs_of(plots));
    const std::size_t raised = *rc::gen::inRange<std::size_t>(0, plots.size());
    const std::size_t resource = *rc::gen::inRange<std::size_t>(0, kResources.size());
    Terms& terms = plots[raised].terms[resource];
    if (!terms.is_named)
      terms = Terms{true};
    terms.nominal = *rc::gen::inRange(0, 20);
    const QuotaForest changed =
        before.with_nominal(*before.find(QuotaName{name_of(raised)}), kPool,
                            ResourceName{kResources[resource]}, Amount{terms.nominal});
    const QuotaForest built(specs_of(plots));
    const QuotaBalance found = charged_balance(changed, charged);
    const QuotaBalance expected = charged_balance(built, charged);
    for (QuotaIndex at = 0; at < built.size(); ++at) {
      RC_ASSERT(changed.find(built.spec(at).name) == at);
      RC_ASSERT(found.borrowed_share(at) == expected.borrowed_share(at));
      for (const char* name : kResources)
        RC_ASSERT(found.available(at, kPool, ResourceName{name}) ==
                  expected.available(at, kPool, ResourceName{name}));
    }
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
