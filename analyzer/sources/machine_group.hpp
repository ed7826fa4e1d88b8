#pragma once
// MachineGroup: a MachineDeployment or MachinePool of Cluster API, as far as the analyzer needs it:
// how many machines it asks for and has, and whether somebody else scales it. It is read when it is
// needed and not watched. tests/fuzz/machine_group feeds the decoders.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/sources/served_version.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

struct MachineGroup {
  api::NodeGroupKind kind = api::NodeGroupKind::MachineDeployment;
  std::string version{}; ///< of the API that it was read by: "v1beta2"
  api::ObjectKey key{};
  std::string resource_version{}; ///< a write holds for what was read here, and for nothing newer
  std::int32_t asked = 0;
  std::int32_t present = 0; ///< machines, in whatever state
  std::int32_t ready = 0;   ///< whose nodes work
  /// Whether its controller has seen what is asked for.
  bool is_observed = true;
  bool is_paused = false;
  bool is_deleted = false;
  /// The annotation by which another autoscaler owns its size; empty: none does.
  std::string owned_by{};

  /// All that was asked for works, and nothing is on its way.
  [[nodiscard]] bool is_settled() const {
    return is_observed && present == asked && ready == asked;
  }
  friend bool operator==(const MachineGroup&, const MachineGroup&) = default;
};

/// In words: "MachineDeployment capi/gpu-nodes".
[[nodiscard]] std::string describe(const MachineGroup& group);

/// The type that such an object is read and scaled by.
[[nodiscard]] kube::ResourceType machine_type(api::NodeGroupKind kind, const std::string& version);

/// The object; Invalid: it cannot be read.
[[nodiscard]] Result<MachineGroup> decode_machine_group(const std::string& text);
inline constexpr std::string_view kClusterApiGroup = "cluster.x-k8s.io";
/// The versions of it that are known here, the newest first.
inline constexpr std::array<std::string_view, 2> kMachineVersions{"v1beta2", "v1beta1"};

/// Reads machine groups, by the version of the API that is served.
class MachineGroups {
public:
  explicit MachineGroups(kube::Client& client)
      : group_(client, std::string(kClusterApiGroup), kMachineVersions) {}

  /// NotFound: there is no such object, or no Cluster API in this cluster.
  [[nodiscard]] async::Task<Result<MachineGroup>> read(const api::ProviderRef& ref);

private:
  ServedGroup group_;
};

} // namespace berth::analyzer
