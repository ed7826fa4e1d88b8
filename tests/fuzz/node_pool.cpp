// NodePools of Karpenter: read or refused, nothing negative is read, and the limits that follow
// from it can be patched.

#include <cstdint>
#include <string>

#include "analyzer/advise/pool_limits.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const auto pool =
      analyzer::decode_node_pool(std::string(reinterpret_cast<const char*>(data), size));
  if (!pool)
    return 0;
  ensure(!pool->name.empty() && !pool->uid.empty(), "a NodePool has a name");
  ensure(pool->nodes >= 0, "no less than none");
  for (const auto& limit : pool->limits)
    ensure(limit.amount >= resources::Amount{}, "no limit is negative");
  for (const std::int32_t to : {0, 100'000})
    ensure(!limits_patch(analyzer::limits_for(*pool, {10, to}, {})).empty(), "there is a patch");
  return 0;
}
