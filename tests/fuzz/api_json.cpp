// The guarded parse: never crashes, and what it accepts is written and read back as it is.

#include <cstdint>
#include <string_view>

#include "lib/api/json.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = berth::api::parse_json(text);
  if (!parsed)
    return 0;
  const auto again = berth::api::parse_json(berth::api::to_text(*parsed));
  berth::ensure(again.has_value(), "what was written could not be read");
  berth::ensure(*again == *parsed, "what was read back is another value");
  return 0;
}
