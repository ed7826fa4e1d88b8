// The annotation berth.dev/nominated of pods and AllocationRequests, which a user may try to forge.

#include <cstdint>
#include <string_view>

#include "lib/api/nomination_record.hpp"
#include "lib/base/ensure.hpp"

namespace {

constexpr std::size_t kUnitsMax = 1000;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::api;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto record = decode_nomination(text)) {
    const auto again = decode_nomination(encode_nomination(*record));
    berth::ensure(again && *again == *record, "a record changed on its way");
  }
  const auto units = decode_unit_nominations(text, kUnitsMax);
  if (units && !units->empty()) {
    const auto again = decode_unit_nominations(encode_unit_nominations(*units), kUnitsMax);
    berth::ensure(again && *again == *units, "the units' records changed on their way");
  }
  return 0;
}
