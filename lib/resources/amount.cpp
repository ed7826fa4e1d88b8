#include "lib/resources/amount.hpp"

#include "lib/base/ensure.hpp"

namespace berth::resources {

Amount scaled(Amount amount, std::int64_t numerator, std::int64_t denominator) {
  ensure(denominator > 0, "an amount is scaled by a positive denominator");
  if (amount.is_unlimited())
    return amount;
  return Amount::saturated(Int128{amount.value()} * numerator / denominator);
}

std::strong_ordering compare_ratios(Amount a, Amount b, Amount c, Amount d) {
  ensure(b > Amount{} && d > Amount{}, "ratios are compared over positive denominators");
  const Int128 left = Int128{a.value()} * d.value();
  const Int128 right = Int128{c.value()} * b.value();
  if (left == right)
    return std::strong_ordering::equal;
  return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::string to_string(Amount amount) {
  return amount.is_unlimited() ? "unlimited" : std::to_string(amount.value());
}

} // namespace berth::resources
