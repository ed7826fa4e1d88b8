// print-metric-reference: writes docs/reference/metrics.md to standard output.
#include <cstdio>
#include <string>

#include "lib/telemetry/reference/metric_reference.hpp"

int main() {
  const std::string page = berth::telemetry::metric_reference();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
