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

} // namespace

NodeTable::NodeTable(std::vector<std::shared_ptr<const PooledNode>> nodes)
    : nodes_(std::move(nodes)) {
  std::set<ResourceName> names;
  std::map<PoolName, std::vector<NodeIndex>> pools;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    ensure(index == 0 || nodes_[index - 1]->view.name < nodes_[index]->view.name,
           "nodes are sorted by name");
    for (const auto& [name, amount] : nodes_[index]->promisable)
      names.insert(name);
    if (!nodes_[index]->pool.empty())
      pools[nodes_[index]->pool].push_back(index);
  }
  columns_.assign(names.begin(), names.end());
  pools_.assign(pools.begin(), pools.end());
  fill_capacity();
  fill_name_slots();
}

void NodeTable::fill_capacity() {
  capacity_.resize(nodes_.size() * columns_.size());
  for (std::size_t index = 0; index < nodes_.size(); ++index)
    for (const auto& [name, amount] : nodes_[index]->promisable)
      capacity_[index * columns_.size() + *column(name)] = amount.value();
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
  if (nodes_.empty())
    return std::nullopt;
  const std::size_t mask = name_slots_.size() - 1;
  const std::uint64_t hash = hash_name(name);
  for (std::size_t at = hash & mask; name_slots_[at].entry != 0; at = (at + 1) & mask) {
    const NameSlot& slot = name_slots_[at];
    if (slot.tag == tag_of(hash) && name_of(slot.entry - 1) == name)
      return slot.entry - 1;
  }
  return std::nullopt;
}

std::optional<ColumnIndex> NodeTable::column(const ResourceName& name) const {
  const auto at = std::lower_bound(columns_.begin(), columns_.end(), name);
  if (at == columns_.end() || *at != name)
    return std::nullopt;
  return static_cast<ColumnIndex>(at - columns_.begin());
}

std::span<const NodeIndex> NodeTable::in_pool(const PoolName& pool) const {
  const auto at =
      std::lower_bound(pools_.begin(), pools_.end(), pool,
                       [](const auto& entry, const auto& wanted) { return entry.first < wanted; });
  if (at == pools_.end() || at->first != pool)
    return {};
  return at->second;
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
