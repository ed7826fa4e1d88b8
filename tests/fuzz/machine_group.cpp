// MachineDeployments, MachinePools and the versions of their API: read or refused, and nothing
// negative or without a name is read.

#include <cstdint>
#include <string>

#include "analyzer/sources/machine_group.hpp"
#include "analyzer/sources/served_version.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto group = analyzer::decode_machine_group(text)) {
    ensure(!group->key.name.empty() && !group->resource_version.empty(), "a group has a name");
    ensure(group->asked >= 0 && group->present >= 0 && group->ready >= 0, "no less than none");
  }
  if (const auto version = analyzer::decode_served_version(text, analyzer::kMachineVersions))
    ensure(*version == "v1beta2" || *version == "v1beta1", "a version is one that is known");
  return 0;
}
