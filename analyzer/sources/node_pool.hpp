#pragma once
// NodePool: a NodePool of Karpenter, as far as the analyzer needs it: the limits that it may not
// grow beyond, and what its nodes have now. Read when it is needed and not watched.
// tests/fuzz/node_pool feeds the decoder.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/sources/served_version.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::analyzer {

inline constexpr std::string_view kKarpenterGroup = "karpenter.sh";
/// The versions of it that are known here, the newest first.
inline constexpr std::array<std::string_view, 2> kNodePoolVersions{"v1", "v1beta1"};

/// A limit on cpu or memory.
struct NodePoolLimit {
  resources::ResourceName name{""};
  resources::Amount amount{};
  std::string text{}; ///< JSON, as it stands there: a patch demands that it still does

  friend bool operator==(const NodePoolLimit&, const NodePoolLimit&) = default;
};

struct NodePool {
  std::string version{};
  std::string name{};
  std::string uid{};
  std::vector<NodePoolLimit> limits{}; ///< that are set, of cpu and memory
  resources::ResourceVector in_use{};  ///< what its nodes have, as Karpenter counts it
  std::int32_t nodes = 0;
  bool is_static = false; ///< it has a fixed number of nodes
  bool is_deleted = false;

  friend bool operator==(const NodePool&, const NodePool&) = default;
};

[[nodiscard]] kube::ResourceType node_pool_type(const std::string& version);

/// The object; Invalid: it cannot be read.
[[nodiscard]] Result<NodePool> decode_node_pool(const std::string& text);

/// Reads NodePools, by the version of the API that is served.
class NodePools {
public:
  explicit NodePools(kube::Client& client)
      : group_(client, std::string(kKarpenterGroup), kNodePoolVersions) {}

  /// NotFound: there is no such object, or no Karpenter in this cluster.
  [[nodiscard]] async::Task<Result<NodePool>> read(const api::ProviderRef& ref);

private:
  ServedGroup group_;
};

} // namespace berth::analyzer
