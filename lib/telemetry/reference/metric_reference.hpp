#pragma once
// The reference page of all metrics, made from the catalog itself. Used by the program that writes
// docs/reference/metrics.md and by the test that keeps that page fresh.

#include <string>

#include "lib/telemetry/metrics.hpp"

namespace berth::telemetry {

/// Makes every metric of the product. Labels that a program fills in have "<name>" as their value.
void add_all_metrics(Registry& registry);

/// docs/reference/metrics.md.
[[nodiscard]] std::string metric_reference();

} // namespace berth::telemetry
