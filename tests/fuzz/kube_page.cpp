// One page of a list, by both parsers: never a crash, and where both read it, they read the same.

#include <cstdint>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using namespace berth::kube;
  const std::string text(reinterpret_cast<const char*>(data), size);
  SimdjsonEnvelopes envelopes(types::quota());
  std::size_t items = 0;
  const auto left = envelopes.read_page(text, [&](JsonElement) { ++items; });
  const auto right = read_json_page(text, types::quota());
  if (!left || !right)
    return 0;
  ensure(left->resource_version == right->head.resource_version,
         "two readers differ about the version of a list");
  ensure(left->continue_token == right->head.continue_token,
         "two readers differ about the rest of a list");
  ensure(items == right->items.size(), "two readers differ about the items of a list");
  return 0;
}
