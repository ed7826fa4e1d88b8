// The annotation berth.dev/usage, which anybody writes who may annotate the object.

#include <cstdint>
#include <string_view>

#include "lib/api/pushed_usage.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::api;
  const auto usage = decode_pushed_usage({reinterpret_cast<const char*>(data), size});
  if (!usage)
    return 0;
  berth::ensure(size <= kPushedUsageBytesMax, "a text that is too long was read");
  berth::ensure(usage->used.size() <= kPushedNamesMax, "too many names were read");
  for (const auto& [name, amount] : usage->used)
    berth::ensure(!name.empty() && !amount.is_negative(), "an amount without a sense was read");
  return 0;
}
