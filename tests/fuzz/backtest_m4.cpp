// The files of the M4 competition: refused with a place, or series with a past and a future.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "analyzer/backtest/m4.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t half = text.find("\n\n"); // the test file follows an empty line
  const auto series = analyzer::decode_m4(text.substr(0, half), text.substr(std::min(half, size)));
  if (!series)
    return 0;
  for (const analyzer::M4Series& one : *series)
    ensure(!one.past.empty() && !one.future.empty(), "a series without a past or a future");
  return 0;
}
