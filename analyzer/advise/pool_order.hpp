#pragma once
// order_text(): what a webhook is sent. Pure.

#include <string>

#include "analyzer/advise/plan.hpp"

namespace berth::analyzer {

/// The order as JSON, with its keys in alphabetical order.
[[nodiscard]] std::string order_text(const PoolOrder& order);

} // namespace berth::analyzer
