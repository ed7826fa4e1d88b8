// A node: read or refused, the same each time.

#include <cstdint>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/cluster/node_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto node = cluster::decode_node_text(text);
  if (!node)
    return 0;
  ensure(!(*node)->view.name.empty(), "a node without a name was read");
  const auto again = cluster::decode_node_text(text);
  ensure(again.has_value() && (*again)->view == (*node)->view, "the same text gave another node");
  return 0;
}
