#pragma once
// OrderedMap: a sorted map that can be published. snapshot() gives an OrderedView, which never
// changes; the map goes on being written and copies only what it touches afterwards (two levels: a
// list of chunks, each of at most kChunkEntriesMax entries). It is ordered, so that iteration
// decides the same everywhere and no user can choose colliding keys.
// One writer holds the map; views may be read from any thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace berth::allocation {

template <class Key, class Value>
class OrderedMap;

/// What an OrderedMap held when the view was taken. Copying it costs one pointer.
template <class Key, class Value>
class OrderedView {
public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// nullptr if absent; valid as long as this view (or a copy) lives.
  [[nodiscard]] const Value* find(const Key& key) const {
    if (root_->chunks.empty())
      return nullptr;
    const Chunk& chunk = *root_->chunks[chunk_for(key)];
    const std::size_t at = position_in(chunk, key);
    if (at == chunk.entries.size() || key < chunk.entries[at].key)
      return nullptr;
    return &chunk.entries[at].value;
  }

  /// Calls visit(key, value) in the order of keys.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& chunk : root_->chunks)
      for (const Entry& entry : chunk->entries)
        visit(entry.key, entry.value);
  }

  /// Calls visit(key, value) from the first key that is not before `from`, until it says false.
  template <class Visit>
  void for_each_from(const Key& from, Visit&& visit) const {
    if (root_->chunks.empty())
      return;
    std::size_t chunk = chunk_for(from);
    std::size_t at = position_in(*root_->chunks[chunk], from);
    for (; chunk < root_->chunks.size(); ++chunk, at = 0)
      for (const auto& entries = root_->chunks[chunk]->entries; at < entries.size(); ++at)
        if (!visit(entries[at].key, entries[at].value))
          return;
  }

private:
  friend class OrderedMap<Key, Value>;

  struct Entry {
    Key key;
    Value value;
  };
  /// `edit`: how many views had been taken when it was made. Only what is as young as the last view
  /// belongs to the map alone and may be changed in place.
  struct Chunk {
    std::uint64_t edit = 0;
    std::vector<Entry> entries{}; ///< sorted, never empty
  };
  struct Root {
    std::uint64_t edit = 0;
    std::vector<std::shared_ptr<Chunk>> chunks{}; ///< sorted by their first key
  };

  [[nodiscard]] std::size_t chunk_for(const Key& key) const {
    const auto after = std::upper_bound(
        root_->chunks.begin(), root_->chunks.end(), key,
        [](const Key& wanted, const auto& chunk) { return wanted < chunk->entries.front().key; });
    const auto index = after - root_->chunks.begin();
    return index == 0 ? 0 : static_cast<std::size_t>(index - 1);
  }

  [[nodiscard]] static std::size_t position_in(const Chunk& chunk, const Key& key) {
    const auto at =
        std::lower_bound(chunk.entries.begin(), chunk.entries.end(), key,
                         [](const Entry& entry, const Key& wanted) { return entry.key < wanted; });
    return static_cast<std::size_t>(at - chunk.entries.begin());
  }

  std::shared_ptr<Root> root_ = std::make_shared<Root>();
  std::size_t size_ = 0;
};

template <class Key, class Value>
class OrderedMap {
public:
  using View = OrderedView<Key, Value>;
  /// What one change after a publication copies, keys and all.
  static constexpr std::size_t kChunkEntriesMax = 32;

  OrderedMap() = default;
  OrderedMap(OrderedMap&&) noexcept = default;
  OrderedMap& operator=(OrderedMap&&) noexcept = default;
  /// Two writers of the same chunks would see each other's changes.
  OrderedMap(const OrderedMap&) = delete;
  OrderedMap& operator=(const OrderedMap&) = delete;
  ~OrderedMap() = default;

  [[nodiscard]] std::size_t size() const { return now_.size(); }
  [[nodiscard]] bool empty() const { return now_.empty(); }
  /// nullptr if absent; valid until the next change of this map.
  [[nodiscard]] const Value* find(const Key& key) const { return now_.find(key); }
  template <class Visit>
  void for_each(Visit&& visit) const {
    now_.for_each(std::forward<Visit>(visit));
  }

  void set(const Key& key, Value value);
  /// False if there was nothing to erase.
  bool erase(const Key& key);

  /// What the map holds now.
  [[nodiscard]] View snapshot() {
    ++edit_;
    return now_;
  }

private:
  using Entry = typename View::Entry;
  using Chunk = typename View::Chunk;
  using Root = typename View::Root;

  Root& own_root() {
    if (now_.root_->edit != edit_)
      now_.root_ = std::make_shared<Root>(Root{edit_, now_.root_->chunks});
    return *now_.root_;
  }
  Chunk& own_chunk(std::size_t index) {
    std::shared_ptr<Chunk>& chunk = own_root().chunks[index];
    if (chunk->edit != edit_)
      chunk = std::make_shared<Chunk>(Chunk{edit_, chunk->entries});
    return *chunk;
  }
  void insert_chunk(std::size_t index, std::vector<Entry> entries) {
    auto& chunks = own_root().chunks;
    chunks.insert(chunks.begin() + static_cast<std::ptrdiff_t>(index),
                  std::make_shared<Chunk>(Chunk{edit_, std::move(entries)}));
  }
  void split(std::size_t index);

  View now_;
  std::uint64_t edit_ = 0;
};

template <class Key, class Value>
void OrderedMap<Key, Value>::set(const Key& key, Value value) {
  if (now_.root_->chunks.empty()) {
    std::vector<Entry> first;
    first.push_back(Entry{key, std::move(value)});
    insert_chunk(0, std::move(first));
    now_.size_ = 1;
    return;
  }
  const std::size_t index = now_.chunk_for(key);
  Chunk& chunk = own_chunk(index);
  const std::size_t at = View::position_in(chunk, key);
  if (at < chunk.entries.size() && !(key < chunk.entries[at].key)) {
    chunk.entries[at].value = std::move(value);
    return;
  }
  chunk.entries.insert(chunk.entries.begin() + static_cast<std::ptrdiff_t>(at),
                       Entry{key, std::move(value)});
  ++now_.size_;
  if (chunk.entries.size() > kChunkEntriesMax)
    split(index);
}

template <class Key, class Value>
void OrderedMap<Key, Value>::split(std::size_t index) {
  Chunk& lower = own_chunk(index);
  const auto middle = lower.entries.begin() + static_cast<std::ptrdiff_t>(lower.entries.size() / 2);
  std::vector<Entry> upper(std::make_move_iterator(middle),
                           std::make_move_iterator(lower.entries.end()));
  lower.entries.erase(middle, lower.entries.end());
  insert_chunk(index + 1, std::move(upper));
}

template <class Key, class Value>
bool OrderedMap<Key, Value>::erase(const Key& key) {
  if (find(key) == nullptr)
    return false;
  const std::size_t index = now_.chunk_for(key);
  Chunk& chunk = own_chunk(index);
  chunk.entries.erase(chunk.entries.begin() +
                      static_cast<std::ptrdiff_t>(View::position_in(chunk, key)));
  --now_.size_;
  if (chunk.entries.empty()) {
    auto& chunks = own_root().chunks;
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(index));
  }
  return true;
}

} // namespace berth::allocation
