// The files of an openb trace: refused with a reason, or nodes and pods that ask for devices as the
// core knows them.

#include <cstdint>
#include <string_view>

#include "cli/simulate/openb.hpp"
#include "lib/allocation/device.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto nodes = cli::decode_openb_nodes(text))
    for (const allocation::NodeView& node : *nodes)
      ensure(allocation::devices_of(node.allocatable) <= allocation::kDevicesMax,
             "a node has more devices than are told apart");
  if (const auto pods = cli::decode_openb_pods(text))
    for (const allocation::ShapePtr& pod : *pods) {
      const allocation::DeviceAsk ask = allocation::device_ask(pod->requests);
      ensure(ask.whole >= 0 && ask.share_milli >= 0 && ask.share_milli < allocation::kDeviceMilli,
             "a pod asks for what cannot be");
    }
  return 0;
}
