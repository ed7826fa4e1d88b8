#pragma once
// The laws of the quota tree written out as they stand in the book, for one pool: T by recursion
// over quotas, "fits" by adding the workload and looking at every ancestor, each resource for
// itself. What property tests hold QuotaForest and QuotaBalance against, with random forests to do
// it on.

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/allocation/builders.hpp"

namespace berth::allocation::testing {

inline constexpr std::size_t kQuotasMax = 7;
inline constexpr std::array<const char*, 3> kResources{"cpu", "memory", "example.com/fpga"};
using Amounts = std::array<int, kResources.size()>;

inline ResourceVector vector_of(const Amounts& amounts) {
  ResourceVector vector;
  for (std::size_t r = 0; r < kResources.size(); ++r)
    vector.set(ResourceName{kResources[r]}, Amount{amounts[r]});
  return vector;
}

/// What a quota says of one resource.
struct Terms {
  bool is_named = true; ///< whether it names the resource at all
  int nominal = 0;
  int borrowing = 0; ///< 0: unlimited, else one more than the limit
  int lending = 0;

  friend void showValue(const Terms& terms, std::ostream& out) {
    out << "{named " << terms.is_named << ", nominal " << terms.nominal << ", borrowing "
        << terms.borrowing << ", lending " << terms.lending << "}";
  }
};

/// One quota of a random forest: its parent has a smaller number, or none.
struct Plot {
  std::size_t parent = 0; ///< modulo its own number plus one; its own number: a root
  std::array<Terms, kResources.size()> terms{};

  friend void showValue(const Plot& plot, std::ostream& out) {
    out << "{parent " << plot.parent;
    for (const Terms& terms : plot.terms) {
      out << ", ";
      showValue(terms, out);
    }
    out << "}";
  }
};

struct Charged {
  std::size_t quota = 0;
  Amounts amounts{};
  friend void showValue(const Charged& charged, std::ostream& out) {
    out << "{quota " << charged.quota << ", amounts";
    for (const int amount : charged.amounts)
      out << " " << amount;
    out << "}";
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
  Book(const std::vector<Plot>& plots, const std::vector<Charged>& charges)
      : plots_(plots), used_(plots.size()) {
    for (const Charged& charged : charges)
      charge(charged.quota % plots.size(), charged.amounts);
  }
  std::optional<std::size_t> parent(std::size_t quota) const {
    const std::size_t parent = plots_[quota].parent % (quota + 1);
    return parent == quota ? std::nullopt : std::optional{parent};
  }
  std::int64_t left(std::size_t quota, std::size_t resource) const { // Q1
    std::int64_t sum = nominal(quota, resource) - used_[quota][resource];
    for (std::size_t child = quota + 1; child < plots_.size(); ++child)
      if (parent(child) == quota)
        sum += std::min(lending(child, resource), left(child, resource));
    return sum;
  }
  void charge(std::size_t quota, const Amounts& amounts) {
    for (std::size_t r = 0; r < amounts.size(); ++r)
      used_[quota][r] += amounts[r];
  }
  void release(std::size_t quota, const Amounts& amounts) {
    for (std::size_t r = 0; r < amounts.size(); ++r)
      used_[quota][r] -= amounts[r];
  }
  /// Whether anybody in the tree of `quota` names the resource.
  bool is_governed(std::size_t quota, std::size_t resource) const {
    for (std::size_t i = 0; i < plots_.size(); ++i)
      if (plots_[i].terms[resource].is_named && root_of(i) == root_of(quota))
        return true;
    return false;
  }
  bool fits(std::size_t quota, const Amounts& amounts) { // Q2
    return holds_after(quota, amounts, false);
  }
  /// Q2 for the quotas that have less afterwards.
  bool has_what_it_draws(std::size_t quota, const Amounts& amounts) {
    return holds_after(quota, amounts, true);
  }
  /// Whether the quota would hold more of something asked for than what is its own.
  bool borrows(std::size_t quota, const Amounts& amounts) {
    for (std::size_t r = 0; r < amounts.size(); ++r)
      if (amounts[r] > 0 && is_governed(quota, r) && left(quota, r) < amounts[r])
        return true;
    return false;
  }

private:
  bool holds_after(std::size_t quota, const Amounts& amounts, bool only_drawn) {
    const Book before = *this;
    charge(quota, amounts);
    bool holds = true;
    for (std::size_t r = 0; r < amounts.size(); ++r)
      for (std::optional<std::size_t> at = quota; amounts[r] > 0 && is_governed(quota, r) && at;
           at = parent(*at))
        if (!only_drawn || left(*at, r) < before.left(*at, r))
          holds = holds && left(*at, r) >= (parent(*at) ? -borrowing(*at, r) : 0);
    release(quota, amounts);
    return holds;
  }
  std::size_t root_of(std::size_t quota) const {
    while (parent(quota))
      quota = *parent(quota);
    return quota;
  }
  static constexpr std::int64_t kPlenty = 1'000'000'000;
  std::int64_t nominal(std::size_t quota, std::size_t resource) const {
    const Terms& terms = plots_[quota].terms[resource];
    return terms.is_named ? terms.nominal : 0;
  }
  std::int64_t lending(std::size_t quota, std::size_t resource) const {
    const Terms& terms = plots_[quota].terms[resource];
    return terms.is_named && terms.lending != 0 ? terms.lending - 1 : kPlenty;
  }
  std::int64_t borrowing(std::size_t quota, std::size_t resource) const {
    const Terms& terms = plots_[quota].terms[resource];
    return terms.is_named && terms.borrowing != 0 ? terms.borrowing - 1 : kPlenty;
  }
  std::vector<Plot> plots_;
  std::vector<std::array<std::int64_t, kResources.size()>> used_;
};

inline std::vector<std::shared_ptr<const QuotaSpec>> specs_of(const std::vector<Plot>& plots) {
  std::vector<std::shared_ptr<const QuotaSpec>> specs;
  for (std::size_t i = 0; i < plots.size(); ++i) {
    QuotaBuilder builder = quota(name_of(i)).pool("p");
    const std::size_t parent = plots[i].parent % (i + 1);
    if (parent != i)
      builder.under(name_of(parent));
    for (std::size_t r = 0; r < kResources.size(); ++r) {
      const Terms& terms = plots[i].terms[r];
      if (terms.is_named)
        builder.nominal(kResources[r], terms.nominal, limit(terms.borrowing), limit(terms.lending));
    }
    specs.push_back(builder.shared());
  }
  return specs;
}

inline rc::Gen<Amounts> amounts(int most) {
  return rc::gen::container<Amounts>(rc::gen::inRange(0, most + 1));
}

inline rc::Gen<std::vector<Plot>> forests() {
  const auto small = rc::gen::inRange(0, 8);
  const auto terms = rc::gen::build<Terms>(
      rc::gen::set(&Terms::is_named, rc::gen::weightedElement<bool>({{5, true}, {1, false}})),
      rc::gen::set(&Terms::nominal, small), rc::gen::set(&Terms::borrowing, small),
      rc::gen::set(&Terms::lending, small));
  const auto plot = rc::gen::build<Plot>(
      rc::gen::set(&Plot::parent, rc::gen::inRange<std::size_t>(0, kQuotasMax)),
      rc::gen::set(&Plot::terms, rc::gen::container<std::array<Terms, kResources.size()>>(terms)));
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, kQuotasMax + 1), [=](std::size_t count) {
    return rc::gen::container<std::vector<Plot>>(count, plot);
  });
}

} // namespace berth::allocation::testing
