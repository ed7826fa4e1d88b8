#pragma once
// Store<T>: the local copy of one kind of object, and who is told of changes. Single-threaded: it
// is written by its Reflector and read on the same executor. An unsynced store is "unknown", not
// "empty": nothing may be decided before has_synced().
//
// T must have `ObjectMeta meta`.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "lib/base/ensure.hpp"
#include "lib/kube/object.hpp"

namespace berth::kube {

template <class T>
class Store {
public:
  using Item = std::shared_ptr<const T>;
  /// Called after the store has changed: (old, new), where null means absent. A delete followed by
  /// a create of the same name that arrives as one change comes as two calls.
  using Listener = std::function<void(const Item& before, const Item& after)>;

  [[nodiscard]] Item find(const ObjectKey& key) const {
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const std::map<ObjectKey, Item>& items() const { return items_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool has_synced() const { return synced_; }

  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  /// Called once, when the first list is complete.
  void on_sync(std::function<void()> listener) { sync_listeners_.push_back(std::move(listener)); }

  void upsert(Item item) {
    ensure(item != nullptr, "a store keeps objects, not nulls");
    auto& slot = items_[item->meta.key()];
    if (slot && slot->meta.uid == item->meta.uid &&
        slot->meta.resource_version == item->meta.resource_version)
      return;
    const Item before = std::exchange(slot, item);
    if (before && before->meta.uid != item->meta.uid) {
      tell(before, nullptr);
      tell(nullptr, item);
      return;
    }
    tell(before, item);
  }

  void remove(const ObjectKey& key) {
    const auto found = items_.find(key);
    if (found == items_.end())
      return;
    const Item before = found->second;
    items_.erase(found);
    tell(before, nullptr);
  }

  void mark_synced() {
    if (std::exchange(synced_, true))
      return;
    for (const auto& listener : sync_listeners_)
      listener();
  }

private:
  void tell(const Item& before, const Item& after) {
    for (const auto& listener : listeners_)
      listener(before, after);
  }

  std::map<ObjectKey, Item> items_;
  std::vector<Listener> listeners_;
  std::vector<std::function<void()>> sync_listeners_;
  bool synced_ = false;
};

} // namespace berth::kube
