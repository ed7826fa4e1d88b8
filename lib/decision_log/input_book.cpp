#include "lib/decision_log/input_book.hpp"

#include <algorithm>

namespace berth::decision_log {
namespace {

/// An object of one kind and what tells it from the others; `space` is empty outside namespaces.
template <class T>
struct Item {
  std::string_view space{};
  std::string_view name{};
  const T* value = nullptr;

  [[nodiscard]] std::string id() const {
    return space.empty() ? std::string(name) : std::string(space) + "/" + std::string(name);
  }
};

template <class T>
bool is_before(const Item<T>& left, const Item<T>& right) {
  return std::pair{left.space, left.name} < std::pair{right.space, right.name};
}

template <class T>
std::vector<Item<T>> sorted(std::vector<Item<T>> items) {
  if (!std::ranges::is_sorted(items, is_before<T>))
    std::ranges::sort(items, is_before<T>);
  return items;
}

template <class List>
auto items_of(const List& shared) {
  using T = std::remove_cvref_t<decltype(*shared.front())>;
  std::vector<Item<T>> items;
  items.reserve(shared.size());
  for (const auto& value : shared) {
    if constexpr (requires { value->name.str(); })
      items.push_back({{}, value->name.str(), value.get()});
    else
      items.push_back({{}, value->name, value.get()});
  }
  return sorted(std::move(items));
}

using Snapshot = allocation::ClusterSnapshot;

std::vector<Item<allocation::PodView>> pods_of(const Snapshot* snapshot) {
  std::vector<Item<allocation::PodView>> items;
  if (snapshot == nullptr)
    return items;
  items.reserve(snapshot->pods.size());
  snapshot->pods.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const allocation::PodView>& pod) {
        items.push_back({{}, uid.str(), pod.get()});
      });
  return items;
}

std::vector<Item<allocation::NodeView>> nodes_of(const Snapshot* snapshot) {
  std::vector<Item<allocation::NodeView>> items;
  if (snapshot == nullptr)
    return items;
  for (const auto& node : snapshot->nodes->nodes())
    items.push_back({{}, node->view.name.str(), &node->view});
  return sorted(std::move(items));
}

std::vector<Item<allocation::NamespaceView>> namespaces_of(const Snapshot* snapshot) {
  std::vector<Item<allocation::NamespaceView>> items;
  if (snapshot != nullptr)
    for (const auto& [name, view] : *snapshot->namespaces)
      items.push_back({{}, name, &view});
  return items;
}

std::vector<Item<allocation::NamespaceQuota>> namespace_quotas_of(const Snapshot* snapshot) {
  std::vector<Item<allocation::NamespaceQuota>> items;
  if (snapshot != nullptr)
    for (const auto& [name_space, quota] : *snapshot->namespace_quotas)
      items.push_back({name_space, quota.name, &quota});
  return sorted(std::move(items));
}

template <class Member>
auto listed(const Snapshot* snapshot, Member member) {
  return snapshot == nullptr ? decltype(items_of(member(*snapshot))){}
                             : items_of(member(*snapshot));
}

Digest object_digest(Kind kind, std::string_view id, std::string_view text) {
  std::string bytes{to_string(kind)};
  bytes.push_back('\0');
  bytes.append(id);
  bytes.push_back('\0');
  bytes.append(text);
  return digest_of(bytes);
}

} // namespace

void InputBook::put(Kind kind, std::string_view id, const std::string& text, const TakeLine& take) {
  sum_.add(object_digest(kind, id, text));
  take(change_line(kind, id, &text));
}

void InputBook::drop(Kind kind, std::string_view id, const std::string& text) {
  sum_.remove(object_digest(kind, id, text));
}

/// Both sorted. Objects that two snapshots share are the same ones in memory.
template <class T>
void InputBook::note_kind(Kind kind, const std::vector<T>& before, const std::vector<T>& now,
                          const TakeLine& take) {
  auto old = before.begin();
  auto item = now.begin();
  while (old != before.end() || item != now.end()) {
    if (item == now.end() || (old != before.end() && is_before(*old, *item))) {
      drop(kind, old->id(), text_of(*old->value));
      take(change_line(kind, old->id(), nullptr));
      ++old;
    } else if (old == before.end() || is_before(*item, *old)) {
      put(kind, item->id(), text_of(*item->value), take);
      ++item;
    } else {
      if (old->value != item->value && !(*old->value == *item->value)) {
        drop(kind, old->id(), text_of(*old->value));
        put(kind, item->id(), text_of(*item->value), take);
      }
      ++old;
      ++item;
    }
  }
}

void InputBook::note_settings(const allocation::Policy& policy, const TakeLine& take) {
  for (Setting& setting : settings_of(policy)) {
    const auto known = settings_.find(setting.name);
    const std::string before = known == settings_.end() ? std::string{} : known->second;
    if (before == setting.text)
      continue;
    if (!before.empty())
      drop(Kind::Setting, setting.name, before);
    if (setting.text.empty())
      take(change_line(Kind::Setting, setting.name, nullptr));
    else
      put(Kind::Setting, setting.name, setting.text, take);
    settings_.insert_or_assign(std::string(setting.name), std::move(setting.text));
  }
}

void InputBook::note(const Cycle& cycle, const TakeLine& take) {
  const Snapshot* before = last_.get();
  const Snapshot* now = cycle.snapshot.get();
  if (before != now) {
    const auto each = [&](Kind kind, const auto& list) {
      note_kind(kind, list(before), list(now), take);
    };
    each(Kind::Node, nodes_of);
    each(Kind::Pool, [](const Snapshot* of) {
      return listed(of, [](const Snapshot& from) -> const auto& { return from.pools; });
    });
    each(Kind::Quota, [](const Snapshot* of) {
      return listed(of, [](const Snapshot& from) { return from.quotas->quotas(); });
    });
    each(Kind::Namespace, namespaces_of);
    each(Kind::Reservation, [](const Snapshot* of) {
      return listed(of, [](const Snapshot& from) -> const auto& { return from.reservations; });
    });
    each(Kind::Policy, [](const Snapshot* of) {
      return listed(of, [](const Snapshot& from) -> const auto& { return from.policies; });
    });
    each(Kind::NamespaceQuota, namespace_quotas_of);
    each(Kind::Pod, pods_of);
  }
  note_settings(cycle.policy, take);
  last_ = cycle.snapshot;
}

Digest InputBook::input_digest(const Cycle& cycle, const Digest& memory) const {
  std::string bytes{sum_.bytes()};
  bytes.append(reinterpret_cast<const char*>(memory.data()), memory.size());
  for (const std::string& number :
       {std::to_string(cycle.snapshot->generation.number),
        std::to_string(cycle.snapshot->as_of.time_since_epoch().count()),
        std::to_string(cycle.now.time_since_epoch().count()), std::to_string(cycle.seed)})
    bytes += " " + number;
  return digest_of(bytes);
}

Digest memory_digest(const allocation::Policy& policy) {
  return digest_of(
      text_of(policy.memory == nullptr ? allocation::AllocationMemory{} : *policy.memory));
}

} // namespace berth::decision_log
