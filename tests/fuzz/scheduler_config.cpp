// A configuration of kube-scheduler, as doctor reads it: an answer in bounded time and memory.

#include <cstdint>
#include <string>

#include "cli/doctor/scheduler_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(berth::cli::read_scheduler_config(text));
  return 0;
}
