#pragma once
// Amounts as the models count them.

#include "lib/resources/amount.hpp"

namespace berth::analyzer {

/// In base units; of Unlimited, its greatest value.
[[nodiscard]] inline double number(resources::Amount amount) {
  return static_cast<double>(amount.value());
}

} // namespace berth::analyzer
