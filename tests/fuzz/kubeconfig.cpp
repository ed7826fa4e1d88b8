// A kubeconfig: an answer in bounded time and memory, never a crash.

#include <cstdint>
#include <string_view>

#include "lib/kube/kubeconfig.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(berth::kube::parse_kubeconfig(text, "/etc/berth"));
  return 0;
}
