#include "lib/allocation/node_table.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <set>

#include "lib/base/ensure.hpp"
#include "lib/base/name_hash.hpp"

namespace berth::allocation {
namespace {

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32U);
}

/// Thousandths that may be promised of each device: more than kDeviceMilli where the pool
/// oversubscribes devices.
std::int64_t promised_device_milli(const NodeView& node, const ResourceVector& promisable) {
  const ResourceName devices{kDeviceResource};
  const Amount allocatable = node.allocatable.get(devices);
  return allocatable <= Amount{}
             ? 0
             : resources::scaled(promisable.get(devices), kDeviceMilli, allocatable.value())
                   .value();
}

} // namespace

NodeTable::NodeTable(std::vector<std::shared_ptr<const PooledNode>> nodes)
    : nodes_(std::move(nodes)) {
  std::set<ResourceName> names;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    ensure(index == 0 || nodes_[index - 1]->view.name < nodes_[index]->view.name,
           "nodes are sorted by name");
    for (const auto& [name, amount] : nodes_[index]->promisable)
      names.insert(name);
    devices_.push_back(static_cast<std::uint8_t>(devices_of(nodes_[index]->view.allocatable)));
    device_slots_ = std::max<std::size_t>(device_slots_, devices_.back());
  }
  columns_.assign(names.begin(), names.end());
  fill_pools();
  fill_capacity();
  fill_name_slots();
}

void NodeTable::fill_pools() {
  std::map<PoolName, PoolNodes> pools;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    if (nodes_[index]->pool.empty())
      continue;
    PoolNodes& pool = pools[nodes_[index]->pool];
    pool.nodes.push_back(index);
    pool.merits.include(nodes_[index]->merits);
  }
  for (auto& [name, pool] : pools) {
    pool.name = name;
    pools_.push_back(std::move(pool));
  }
}

void NodeTable::fill_capacity() {
  capacity_.resize(nodes_.size() * width());
  largest_.resize(columns_.size());
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    const std::size_t row = index * width();
    for (const auto& [name, amount] : nodes_[index]->promisable) {
      const ColumnIndex at = *column(name);
      capacity_[row + at] = amount.value();
      largest_[at] = std::max(largest_[at], amount.value());
    }
    has_measurements_ = has_measurements_ || nodes_[index]->view.measured.has_value();
    const std::int64_t device_milli =
        promised_device_milli(nodes_[index]->view, nodes_[index]->promisable);
    for (std::size_t device = 0; device < devices_[index]; ++device)
      capacity_[row + columns_.size() + device] = device_milli;
  }
}

std::vector<std::int64_t> NodeTable::from_burst(NodeIndex index) const {
  const PooledNode& node = *nodes_[index];
  std::vector<std::int64_t> row(width());
  for (const auto& [name, amount] : node.from_burst)
    row[*column(name)] = amount.value();
  const std::int64_t device_milli = promised_device_milli(node.view, node.promisable) -
                                    promised_device_milli(node.view, node.lasting());
  for (std::size_t device = 0; device < devices_[index]; ++device)
    row[columns_.size() + device] = device_milli;
  return row;
}

void NodeTable::fill_name_slots() {
  name_slots_.resize(std::bit_ceil(nodes_.size() * 2 + 1));
  name_starts_.push_back(0);
  const std::size_t mask = name_slots_.size() - 1;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    const std::string& name = nodes_[index]->view.name.str();
    name_text_ += name;
    name_starts_.push_back(static_cast<std::uint32_t>(name_text_.size()));
    const std::uint64_t hash = hash_name(name);
    std::size_t slot = hash & mask;
    while (name_slots_[slot].entry != 0)
      slot = (slot + 1) & mask;
    name_slots_[slot] = {tag_of(hash), index + 1};
  }
}

std::optional<NodeIndex> NodeTable::find(std::string_view name) const {
  const NodeIndex found = nodes_.empty() ? kNoNode : find_hashed(name, hash_name(name));
  return found == kNoNode ? std::nullopt : std::optional{found};
}

NodeIndex NodeTable::find_hashed(std::string_view name, std::uint64_t hash) const {
  const std::size_t mask = name_slots_.size() - 1;
  for (std::size_t at = hash & mask; name_slots_[at].entry != 0; at = (at + 1) & mask) {
    const NameSlot& slot = name_slots_[at];
    if (slot.tag == tag_of(hash) && name_of(slot.entry - 1) == name)
      return slot.entry - 1;
  }
  return kNoNode;
}

/// What takes time is waiting for memory, so it is asked for ahead: first the slot of a name, then
/// the name of the node in it.
void NodeTable::find_all(std::span<const std::string_view> names,
                         std::span<const std::uint64_t> hashes,
                         std::vector<NodeIndex>& found) const {
  constexpr std::size_t kSlotsAhead = 32;
  constexpr std::size_t kNamesAhead = 16;
  found.assign(names.size(), kNoNode);
  if (nodes_.empty())
    return;
  const std::size_t mask = name_slots_.size() - 1;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i + kSlotsAhead < names.size())
      __builtin_prefetch(&name_slots_[hashes[i + kSlotsAhead] & mask]);
    if (i + kNamesAhead < names.size())
      if (const NameSlot& slot = name_slots_[hashes[i + kNamesAhead] & mask]; slot.entry != 0)
        __builtin_prefetch(name_text_.data() + name_starts_[slot.entry - 1]);
    found[i] = find_hashed(names[i], hashes[i]);
  }
}

std::optional<ColumnIndex> NodeTable::column(const ResourceName& name) const {
  const auto at = std::lower_bound(columns_.begin(), columns_.end(), name);
  if (at == columns_.end() || *at != name)
    return std::nullopt;
  return static_cast<ColumnIndex>(at - columns_.begin());
}

std::span<const NodeIndex> NodeTable::in_pool(const PoolName& pool) const {
  const auto at = std::ranges::lower_bound(pools_, pool, {}, &PoolNodes::name);
  if (at == pools_.end() || at->name != pool)
    return {};
  return at->nodes;
}

const PoolMerits& NodeTable::merits(const PoolName& pool) const {
  static const PoolMerits kNone;
  const auto at = std::ranges::lower_bound(pools_, pool, {}, &PoolNodes::name);
  return at == pools_.end() || at->name != pool ? kNone : at->merits;
}

NodeLoads::NodeLoads(std::size_t nodes, std::size_t columns) : nodes_(nodes), columns_(columns) {
  const std::size_t chunks = (nodes + kChunkNodes - 1) / kChunkNodes;
  for (std::size_t i = 0; i < chunks; ++i)
    chunks_.push_back(std::make_shared<Chunk>(kChunkNodes * columns));
  shared_.resize(chunks);
}

void NodeLoads::set_row(NodeIndex index, std::span<const std::int64_t> row) {
  const std::size_t at = index / kChunkNodes;
  if (shared_[at]) {
    chunks_[at] = std::make_shared<Chunk>(*chunks_[at]);
    shared_[at] = false;
  }
  std::copy(row.begin(), row.end(),
            chunks_[at]->begin() + static_cast<std::ptrdiff_t>((index % kChunkNodes) * columns_));
}

std::vector<std::int64_t> NodeLoads::flat() const {
  std::vector<std::int64_t> rows;
  rows.reserve(chunks_.size() * kChunkNodes * columns_);
  for (const auto& chunk : chunks_)
    rows.insert(rows.end(), chunk->begin(), chunk->end());
  rows.resize(nodes_ * columns_);
  return rows;
}

NodeLoads NodeLoads::snapshot() {
  shared_.assign(shared_.size(), true);
  return *this;
}

} // namespace berth::allocation
