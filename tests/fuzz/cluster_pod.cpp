// A pod: read into what allocation decides on, or refused; what it weighs is never negative.

#include <cstdint>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/cluster/pod_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto pod = cluster::decode_pod_text(text);
  if (!pod)
    return 0;
  for (const auto& [name, amount] : (*pod)->view.requests())
    ensure(amount >= resources::Amount{} && !amount.is_unlimited(),
           "a pod weighs less than nothing");
  ensure(!(*pod)->meta.uid.empty(), "a pod without a UID was read");
  const auto again = cluster::decode_pod_text(text);
  ensure(again.has_value() && (*again)->view == (*pod)->view, "the same text gave another pod");
  return 0;
}
