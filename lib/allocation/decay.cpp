#include "lib/allocation/decay.hpp"

#include <array>

#include "lib/base/ensure.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {
namespace {

using resources::Int128;

constexpr int kFactorBits = 62;   ///< factors are integers over 2^62
constexpr int kExponentBits = 32; ///< fractions of a half-life are integers over 2^32

constexpr Int128 square_root(Int128 value) {
  Int128 root = 0;
  for (int bit = kFactorBits; bit >= 0; --bit) {
    const Int128 tried = root + (Int128{1} << bit);
    if (tried * tried <= value)
      root = tried;
  }
  return root;
}

/// 2^-(2^-i) for i = 1, 2, ...: each the root of the one before.
constexpr auto kRoots = [] {
  std::array<std::int64_t, kExponentBits> roots{};
  Int128 factor = Int128{1} << (kFactorBits - 1);
  for (auto& root : roots)
    root = static_cast<std::int64_t>(factor = square_root(factor << kFactorBits));
  return roots;
}();

/// 0.5^(elapsed / half_life) over 2^62.
Int128 factor_after(Duration elapsed, Duration half_life) {
  const auto whole = elapsed.count() / half_life.count();
  if (whole >= kFactorBits)
    return 0;
  const Int128 rest =
      (Int128{elapsed.count() % half_life.count()} << kExponentBits) / half_life.count();
  Int128 factor = Int128{1} << (kFactorBits - whole);
  for (int bit = 0; bit < kExponentBits; ++bit)
    if (((rest >> (kExponentBits - 1 - bit)) & 1) != 0)
      factor = (factor * kRoots[static_cast<std::size_t>(bit)]) >> kFactorBits;
  return factor;
}

} // namespace

std::int64_t decayed(std::int64_t value, Duration elapsed, Duration half_life) {
  return decayed_average(value, 0, elapsed, half_life);
}

std::int64_t decayed_average(std::int64_t past, std::int64_t current, Duration elapsed,
                             Duration half_life) {
  ensure(half_life > Duration{0}, "a half-life is positive");
  if (elapsed <= Duration{0})
    return past;
  const Int128 distance = (Int128{past} - current) * factor_after(elapsed, half_life);
  return current + static_cast<std::int64_t>(distance / (Int128{1} << kFactorBits));
}

} // namespace berth::allocation
