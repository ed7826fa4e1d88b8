// A generator file of Kueue's performance test: refused, or playable, in bounded time and memory.

#include <cstdint>
#include <string>

#include "cli/simulate/kueue_load.hpp"
#include "tests/fuzz/playable.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  fuzz::ensure_playable(cli::decode_kueue_load({reinterpret_cast<const char*>(data), size}));
  return 0;
}
