// The quota tree against the two laws written out as they stand in the book: T by recursion over
// names, and "fits" by adding the workload and looking at every quota.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const PoolName kPool{"p"};
const ResourceName kCpu = ResourceName::cpu();
constexpr std::size_t kQuotasMax = 7;

/// One quota of a random forest: its parent has a smaller number, or none.
struct Plot {
  std::size_t parent = 0; ///< modulo its own number plus one; its own number: a root
  bool is_named = true;   ///< whether it names the resource at all
  int nominal = 0;
  int borrowing = 0; ///< 0: unlimited, else one more than the limit
  int lending = 0;

  friend void showValue(const Plot& plot, std::ostream& out) {
    out << "{parent " << plot.parent << ", named " << plot.is_named << ", nominal " << plot.nominal
        << ", borrowing " << plot.borrowing << ", lending " << plot.lending << "}";
  }
};

struct Charged {
  std::size_t quota = 0;
  int amount = 0;
  friend void showValue(const Charged& charged, std::ostream& out) {
    out << "{quota " << charged.quota << ", amount " << charged.amount << "}";
  }
};

std::string name_of(std::size_t index) {
  return "q" + std::to_string(index);
}

Amount limit(int coded) {
  return coded == 0 ? Amount::unlimited() : Amount{coded - 1};
}

/// The laws, word for word. Amounts are small, so plain integers with a large "unlimited" do.
class Book {
public:
  Book(const std::vector<Plot>& plots, const std::vector<Charged>& charges) : plots_(plots) {
    for (const Charged& charged : charges)
      used_[charged.quota % plots.size()] += charged.amount;
  }
  std::optional<std::size_t> parent(std::size_t quota) const {
    const std::size_t parent = plots_[quota].parent % (quota + 1);
    return parent == quota ? std::nullopt : std::optional{parent};
  }
  std::int64_t left(std::size_t quota) const { // Q1
    const auto used = used_.find(quota);
    std::int64_t sum = nominal(quota) - (used == used_.end() ? 0 : used->second);
    for (std::size_t child = quota + 1; child < plots_.size(); ++child)
      if (parent(child) == quota)
        sum += std::min(lending(child), left(child));
    return sum;
  }
  bool fits(std::size_t quota, std::int64_t amount) { // Q2
    used_[quota] += amount;
    bool fits = true;
    for (std::optional<std::size_t> at = quota; at; at = parent(*at))
      fits = fits && left(*at) >= (parent(*at) ? -borrowing(*at) : 0);
    used_[quota] -= amount;
    return fits;
  }

private:
  static constexpr std::int64_t kPlenty = 1'000'000'000;
  std::int64_t nominal(std::size_t quota) const {
    return plots_[quota].is_named ? plots_[quota].nominal : 0;
  }
  std::int64_t lending(std::size_t quota) const {
    const Plot& plot = plots_[quota];
    return plot.is_named && plot.lending != 0 ? plot.lending - 1 : kPlenty;
  }
  std::int64_t borrowing(std::size_t quota) const {
    const Plot& plot = plots_[quota];
    return plot.is_named && plot.borrowing != 0 ? plot.borrowing - 1 : kPlenty;
  }
  std::vector<Plot> plots_;
  std::map<std::size_t, std::int64_t> used_;
};

std::vector<std::shared_ptr<const QuotaSpec>> specs_of(const std::vector<Plot>& plots) {
  std::vector<std::shared_ptr<const QuotaSpec>> specs;
  for (std::size_t i = 0; i < plots.size(); ++i) {
    QuotaBuilder builder = quota(name_of(i)).pool("p");
    const std::size_t parent = plots[i].parent % (i + 1);
    if (parent != i)
      builder.under(name_of(parent));
    if (plots[i].is_named)
      builder.nominal("cpu", plots[i].nominal, limit(plots[i].borrowing), limit(plots[i].lending));
    specs.push_back(builder.shared());
  }
  return specs;
}

rc::Gen<std::vector<Plot>> forests() {
  const auto small = rc::gen::inRange(0, 8);
  const auto plot = rc::gen::build<Plot>(
      rc::gen::set(&Plot::parent, rc::gen::inRange<std::size_t>(0, kQuotasMax)),
      rc::gen::set(&Plot::is_named, rc::gen::weightedElement<bool>({{5, true}, {1, false}})),
      rc::gen::set(&Plot::nominal, small), rc::gen::set(&Plot::borrowing, small),
      rc::gen::set(&Plot::lending, small));
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, kQuotasMax + 1), [=](std::size_t count) {
    return rc::gen::container<std::vector<Plot>>(count, plot);
  });
}

rc::Gen<std::vector<Charged>> charges() {
  return rc::gen::container<std::vector<Charged>>(rc::gen::build<Charged>(
      rc::gen::set(&Charged::quota, rc::gen::inRange<std::size_t>(0, kQuotasMax)),
      rc::gen::set(&Charged::amount, rc::gen::inRange(0, 6))));
}

/// Whether anybody in the tree of `quota` names the resource.
bool is_governed(const std::vector<Plot>& plots, const Book& book, std::size_t quota) {
  const auto root_of = [&](std::size_t at) {
    while (book.parent(at))
      at = *book.parent(at);
    return at;
  };
  for (std::size_t i = 0; i < plots.size(); ++i)
    if (plots[i].is_named && root_of(i) == root_of(quota))
      return true;
  return false;
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
      if (!is_governed(plots, book, i)) {
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
