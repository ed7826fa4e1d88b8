#pragma once
// How large a scenario would be, counted before it is made: products of counts that saturate. For
// the decoders of this folder.

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "lib/resources/int128.hpp"

namespace berth::cli {

inline constexpr std::int64_t kQuotasMax = 100'000;

class ScenarioSize {
public:
  void add(std::initializer_list<std::int64_t> factors) {
    resources::Int128 product = 1;
    for (const std::int64_t factor : factors)
      product = std::min<resources::Int128>(product * factor, kMost);
    total_ = static_cast<std::int64_t>(std::min<resources::Int128>(total_ + product, kMost));
  }
  [[nodiscard]] std::int64_t total() const { return total_; }

private:
  static constexpr std::int64_t kMost = std::int64_t{1} << 60U;
  std::int64_t total_ = 0;
};

} // namespace berth::cli
