#pragma once
// The laws of the quota tree written out as they stand in the book, for one pool and one resource:
// T by recursion over quotas, "fits" by adding the workload and looking at every ancestor. What
// property tests hold QuotaForest and QuotaBalance against, with random forests to do it on.

#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/allocation/builders.hpp"

namespace berth::allocation::testing {

inline constexpr std::size_t kQuotasMax = 7;

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

inline std::string name_of(std::size_t index) {
  return "q" + std::to_string(index);
}

inline Amount limit(int coded) {
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
  void charge(std::size_t quota, std::int64_t amount) { used_[quota] += amount; }
  /// Whether anybody in the tree of `quota` names the resource.
  bool is_governed(std::size_t quota) const {
    for (std::size_t i = 0; i < plots_.size(); ++i)
      if (plots_[i].is_named && root_of(i) == root_of(quota))
        return true;
    return false;
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
  std::size_t root_of(std::size_t quota) const {
    while (parent(quota))
      quota = *parent(quota);
    return quota;
  }
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

inline std::vector<std::shared_ptr<const QuotaSpec>> specs_of(const std::vector<Plot>& plots) {
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

inline rc::Gen<std::vector<Plot>> forests() {
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

} // namespace berth::allocation::testing
