#pragma once
// NodeTable: the nodes of a snapshot by index. Indexes follow names, so that "the lowest index" is
// the same node everywhere. Capacities are rows of integers, one column per resource that any node
// has and then one for each device in thousandths, so that a scan compares numbers and no names.
// Loads change with every pod and live apart (NodeLoads); a table changes only when a node or a
// pool does.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/allocation/device.hpp"
#include "lib/allocation/node.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

using NodeIndex = std::uint32_t;
/// No node of the table.
inline constexpr NodeIndex kNoNode = UINT32_MAX;
using ColumnIndex = std::uint32_t;

/// A node and what follows from its pool. Tables share those that did not change.
struct PooledNode {
  NodeView view{};
  PoolName pool{};             ///< empty: in none
  ResourceVector promisable{}; ///< allocatable x oversubscription, and what a burst adds
  NodeMerits merits{};         ///< what its labels mean to the pool
  ResourceVector from_burst{}; ///< the part of `promisable` that is there during the burst only
  TimePoint burst_ends = TimePoint::max();

  /// What may be promised for longer than a burst.
  [[nodiscard]] ResourceVector lasting() const { return promisable - from_burst; }
  [[nodiscard]] bool is_in_burst() const { return !from_burst.empty(); }

  friend bool operator==(const PooledNode&, const PooledNode&) = default;
};

class NodeTable {
public:
  NodeTable() = default;
  /// `nodes` sorted by name.
  explicit NodeTable(std::vector<std::shared_ptr<const PooledNode>> nodes);

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const PooledNode& node(NodeIndex index) const { return *nodes_[index]; }
  [[nodiscard]] std::span<const std::shared_ptr<const PooledNode>> nodes() const { return nodes_; }
  [[nodiscard]] std::optional<NodeIndex> find(std::string_view name) const;
  /// find() for thousands of names and their hash_name()s; kNoNode for an unknown one.
  void find_all(std::span<const std::string_view> names, std::span<const std::uint64_t> hashes,
                std::vector<NodeIndex>& found) const;

  /// Sorted; the first columns of every row.
  [[nodiscard]] std::span<const ResourceName> columns() const { return columns_; }
  [[nodiscard]] std::optional<ColumnIndex> column(const ResourceName& name) const;
  /// Behind them every row has as many device slots as any node has devices (thousandths; 0 where
  /// the node has none).
  [[nodiscard]] std::size_t device_slots() const { return device_slots_; }
  [[nodiscard]] std::size_t width() const { return columns_.size() + device_slots_; }
  /// How many devices of the node are told apart.
  [[nodiscard]] std::size_t devices(NodeIndex index) const { return devices_[index]; }
  /// What may be promised on the node, by column and device.
  [[nodiscard]] std::span<const std::int64_t> capacity(NodeIndex index) const {
    return {capacity_.data() + index * width(), width()};
  }
  /// The part of capacity() that is there during a burst only.
  [[nodiscard]] std::vector<std::int64_t> from_burst(NodeIndex index) const;
  /// Whether some node's use was measured.
  [[nodiscard]] bool has_measurements() const { return has_measurements_; }
  /// The largest capacity of the column that any node has.
  [[nodiscard]] std::int64_t largest(ColumnIndex column) const { return largest_[column]; }
  /// The ranges of merits among the pool's nodes; empty ranges for an unknown or empty name.
  [[nodiscard]] const PoolMerits& merits(const PoolName& pool) const;
  /// Indexes of the pool's nodes, ascending.
  [[nodiscard]] std::span<const NodeIndex> in_pool(const PoolName& pool) const;

private:
  void fill_pools();
  void fill_capacity();
  void fill_name_slots();
  [[nodiscard]] NodeIndex find_hashed(std::string_view name, std::uint64_t hash) const;
  [[nodiscard]] std::string_view name_of(NodeIndex index) const {
    return std::string_view(name_text_)
        .substr(name_starts_[index], name_starts_[index + 1] - name_starts_[index]);
  }

  std::vector<std::shared_ptr<const PooledNode>> nodes_;
  std::vector<ResourceName> columns_;
  std::vector<std::uint8_t> devices_; ///< by node
  std::size_t device_slots_ = 0;
  std::vector<std::int64_t> capacity_; ///< rows of width()
  std::vector<std::int64_t> largest_;  ///< by column
  bool has_measurements_ = false;
  struct PoolNodes {
    PoolName name{};
    std::vector<NodeIndex> nodes{};
    PoolMerits merits{};
  };
  std::vector<PoolNodes> pools_; ///< sorted by name

  /// Open addressing over node names, which only administrators choose. The names are copied into
  /// one text, so that a search touches little memory.
  struct NameSlot {
    std::uint32_t tag = 0;   ///< upper half of the hash
    std::uint32_t entry = 0; ///< index + 1; 0: free
  };
  std::vector<NameSlot> name_slots_;
  std::string name_text_;
  std::vector<std::uint32_t> name_starts_; ///< in name_text_, by index, and its end
};

/// What is charged on each node, by column and device of a NodeTable; published copy-on-write, 64
/// nodes a chunk.
class NodeLoads {
public:
  NodeLoads() = default;
  NodeLoads(std::size_t nodes, std::size_t columns);

  [[nodiscard]] std::span<const std::int64_t> row(NodeIndex index) const {
    const Chunk& chunk = *chunks_[index / kChunkNodes];
    return {chunk.data() + (index % kChunkNodes) * columns_, columns_};
  }
  /// Writes one row; copies its chunk first if a snapshot may hold it.
  void set_row(NodeIndex index, std::span<const std::int64_t> row);
  /// Every row, one after the other: the start of an overlay.
  [[nodiscard]] std::vector<std::int64_t> flat() const;
  /// A copy that later set_row() calls do not reach.
  [[nodiscard]] NodeLoads snapshot();

  [[nodiscard]] std::size_t size() const { return nodes_; }
  static constexpr std::size_t kChunkNodes = 64;
  [[nodiscard]] std::size_t chunks() const { return chunks_.size(); }
  /// Whether nothing was written to the chunk between the two, of which one is an older snapshot of
  /// the other.
  [[nodiscard]] bool shares_chunk(const NodeLoads& other, std::size_t chunk) const {
    return chunks_[chunk] == other.chunks_[chunk];
  }

private:
  using Chunk = std::vector<std::int64_t>;

  std::size_t nodes_ = 0;
  std::size_t columns_ = 0;
  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::vector<bool> shared_; ///< whether a snapshot may hold the chunk
};

} // namespace berth::allocation
