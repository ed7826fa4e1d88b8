// The pod annotation berth.dev/admitted, which a user may try to forge.

#include <cstdint>
#include <string_view>

#include "lib/api/admission_record.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::api;
  const auto record = decode_admission({reinterpret_cast<const char*>(data), size});
  if (!record)
    return 0;
  const std::string text = encode_admission(*record);
  const auto again = decode_admission(text);
  berth::ensure(again && *again == *record, "a record changed on its way");
  berth::ensure(encode_admission(*again) == text, "equal records gave different bytes");
  return 0;
}
