#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {

Object ServerState::commit(const RequestInfo& info, const std::string& key, Json object) {
  auto stored = store.put(info.resource->type, key, std::move(object));
  if (info.resource->type.kind == "CustomResourceDefinition")
    registry.define(*stored);
  record(info, key);
  return stored;
}

void ServerState::remove(const RequestInfo& info, const std::string& key) {
  if (info.resource->type.kind == "CustomResourceDefinition")
    registry.undefine(*store.get(info.resource->type, key));
  store.erase(info.resource->type, key);
  record(info, key);
}

void ServerState::record(const RequestInfo& info, const std::string& key) {
  const auto slash = key.find('/');
  const kube::ObjectKey object_key =
      slash == std::string::npos ? kube::ObjectKey{"", key}
                                 : kube::ObjectKey{key.substr(0, slash), key.substr(slash + 1)};
  writes.push_back({store.revision(), clock.now(), info.user, info.verb, info.resource->type,
                    object_key, info.subresource});
  if (clock.now() - last_mark_ >= history_kept) {
    store.compact(last_marked_);
    last_mark_ = clock.now();
    last_marked_ = store.revision();
  }
  for (const auto& listener : listeners)
    listener();
}

Answer<Object> find_stored(const ServerState& state, const RequestInfo& info) {
  auto stored = state.store.get(info.resource->type, info.storage_key());
  if (!stored)
    return tl::unexpected(not_found(info.group_resource(), info.key.name));
  return stored;
}

} // namespace berth::simulation
