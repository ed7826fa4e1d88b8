// Lists of the metrics API: read or refused, and what is read is a measurement that can be counted
// with: it has a name, a time, a window and nothing negative.

#include <cstdint>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/cluster/metrics_api.hpp"

namespace {

void check(const berth::Result<berth::cluster::UsageList>& list) {
  using namespace berth;
  if (!list)
    return;
  for (const auto& sample : list->samples) {
    ensure(!sample.key.name.empty(), "a sample without a name was read");
    ensure(sample.at != TimePoint{}, "a sample without a time was read");
    ensure(sample.window > Duration::zero(), "a sample without a window was read");
    for (const auto& [name, amount] : sample.used)
      ensure(resources::Amount{} <= amount, "negative use was read");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(berth::cluster::decode_node_metrics(text));
  check(berth::cluster::decode_pod_metrics(text));
  return 0;
}
