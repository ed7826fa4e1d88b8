#pragma once
// Reads what kube-scheduler sends: ExtenderArgs, ExtenderPreemptionArgs, ExtenderBindingArgs. The
// names of their fields are accepted in any case, as Go's decoder does. Refused: malformed JSON,
// nesting beyond kJsonDepthMax, a key or a node given twice, a wrong type, a name no node can have.
// The bytes are not trusted; the fuzz targets in tests/fuzz hold it to that.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/cluster/pod.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// Longest name of a Kubernetes object.
inline constexpr std::size_t kNameBytesMax = 253;
inline constexpr std::size_t kUidBytesMax = 128;

/// ExtenderArgs, for filter and prioritize. Views the decoder that made it, and the body.
struct PlacementRequest {
  std::shared_ptr<const cluster::Pod> pod{}; ///< never null
  /// Node objects came instead of names (nodeCacheCapable is not set): nothing can be answered.
  bool has_whole_nodes = false;
  Names node_names{};
  std::span<const std::uint64_t> name_hashes{}; ///< hash_name() of each, in their order
  /// The list as it was sent, `["a","b"]` without spaces or escapes, if the names are views of it;
  /// else empty.
  std::string_view names_text{};
};

/// ExtenderPreemptionArgs in the Meta form. Views the decoder that made it.
struct PreemptRequest {
  std::shared_ptr<const cluster::Pod> pod{}; ///< never null
  std::span<const NodeVictims> nodes{};
};

/// Keeps its buffers between requests, so each thread has one. An answer is valid until the next
/// call, and as long as the body is.
class Decoder {
public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Invalid says what is wrong and where. `body` is padded in place.
  [[nodiscard]] Result<PlacementRequest> placement(std::string& body);
  [[nodiscard]] Result<PreemptRequest> preempt(std::string& body);
  [[nodiscard]] Result<BindRequest> bind(std::string& body);

private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

} // namespace berth::extender
