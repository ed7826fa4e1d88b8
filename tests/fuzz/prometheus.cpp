// Answers of Prometheus: read or refused, and what is read is in order.

#include <cstdint>
#include <string>

#include "analyzer/sources/prometheus.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const auto read = analyzer::decode_range(std::string(reinterpret_cast<const char*>(data), size));
  if (!read)
    return 0;
  for (std::size_t i = 1; i < read->size(); ++i)
    ensure((*read)[i - 1].at < (*read)[i].at, "points are in order");
  return 0;
}
