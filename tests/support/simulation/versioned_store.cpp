#include "tests/support/simulation/versioned_store.hpp"

#include <algorithm>

#include "lib/base/ensure.hpp"

namespace berth::simulation {
namespace {

std::string storage_path(const kube::ResourceType& type) {
  return type.group + "/" + type.plural;
}

} // namespace

std::string storage_key(const kube::ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + "/" + key.name;
}

Object VersionedStore::get(const kube::ResourceType& type, const std::string& key) const {
  return get(type, key, revision_);
}

Object VersionedStore::get(const kube::ResourceType& type, const std::string& key,
                           Revision revision) const {
  const auto kind = objects_.find(storage_path(type));
  if (kind == objects_.end())
    return nullptr;
  const auto found = kind->second.find(key);
  return found == kind->second.end() ? nullptr : at_revision(found->second, revision);
}

Object VersionedStore::at_revision(const Versions& versions, Revision revision) {
  const auto later = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
    return version.revision > revision;
  });
  return later == versions.begin() ? nullptr : std::prev(later)->object;
}

std::vector<Entry> VersionedStore::list(const kube::ResourceType& type, Revision revision,
                                        const std::string& from) const {
  std::vector<Entry> entries;
  const auto kind = objects_.find(storage_path(type));
  if (kind == objects_.end())
    return entries;
  for (auto item = kind->second.lower_bound(from); item != kind->second.end(); ++item)
    if (auto object = at_revision(item->second, revision))
      entries.push_back({item->first, std::move(object)});
  return entries;
}

Object VersionedStore::put(const kube::ResourceType& type, const std::string& key, Json object) {
  object["metadata"]["resourceVersion"] = std::to_string(revision_ + 1);
  auto after = std::make_shared<const Json>(std::move(object));
  record(type, key, get(type, key), after);
  return after;
}

void VersionedStore::erase(const kube::ResourceType& type, const std::string& key) {
  auto before = get(type, key);
  ensure(before != nullptr, "only what is there can be erased");
  record(type, key, std::move(before), nullptr);
}

void VersionedStore::record(const kube::ResourceType& type, const std::string& key, Object before,
                            Object after) {
  ++revision_;
  objects_[storage_path(type)][key].push_back({revision_, after});
  changes_.push_back({revision_, type, std::move(before), std::move(after)});
}

std::size_t VersionedStore::first_after(Revision revision) const {
  const auto found = std::upper_bound(
      changes_.begin(), changes_.end(), revision,
      [](Revision limit, const Change& change) { return limit < change.revision; });
  return static_cast<std::size_t>(found - changes_.begin());
}

void VersionedStore::compact(Revision revision) {
  compacted_ = std::max(compacted_, std::min(revision, revision_));
  changes_.erase(changes_.begin(),
                 changes_.begin() + static_cast<std::ptrdiff_t>(first_after(compacted_)));
  for (auto& [path, keys] : objects_)
    for (auto entry = keys.begin(); entry != keys.end();)
      entry = forget_old(entry->second, compacted_) ? keys.erase(entry) : std::next(entry);
}

bool VersionedStore::forget_old(Versions& versions, Revision compacted) {
  const auto later = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
    return version.revision > compacted;
  });
  if (later != versions.begin())
    versions.erase(versions.begin(), std::prev(later)); // the newest old one is still current
  return versions.size() == 1 && !versions.front().object && versions.front().revision <= compacted;
}

} // namespace berth::simulation
