#pragma once
// VersionedStore: the simulated etcd. One revision counts all writes; every version of every object
// is kept until compaction, so that lists can be read at an old revision and watches can start at
// one. It knows nothing of Kubernetes beyond metadata.resourceVersion.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "tests/support/simulation/served_resource.hpp"

namespace berth::simulation {

using Revision = std::uint64_t;

/// One write; `before` is null for a creation, `after` for a deletion.
struct Change {
  Revision revision = 0;
  kube::ResourceType type;
  Object before;
  Object after;
};

/// One object at its place in a list; keys are "namespace/name", or "name".
struct Entry {
  std::string key;
  Object object;
};

class VersionedStore {
public:
  /// `first` is the revision before the first write: what is older counts as compacted.
  explicit VersionedStore(Revision first = 1000) : revision_(first), compacted_(first) {}

  [[nodiscard]] Revision revision() const { return revision_; }
  /// Nothing can be read at this revision any more, and no watch can start at one before it.
  [[nodiscard]] Revision compacted() const { return compacted_; }

  /// Null where there is no such object, now or at `revision`.
  [[nodiscard]] Object get(const kube::ResourceType& type, const std::string& key) const;
  [[nodiscard]] Object get(const kube::ResourceType& type, const std::string& key,
                           Revision revision) const;
  /// All objects at `revision` whose key is >= `from`, in key order.
  [[nodiscard]] std::vector<Entry> list(const kube::ResourceType& type, Revision revision,
                                        const std::string& from = {}) const;
  /// Writes an object and answers it with its new resourceVersion.
  Object put(const kube::ResourceType& type, const std::string& key, Json object);
  void erase(const kube::ResourceType& type, const std::string& key);

  /// The changes after `revision`, oldest first; valid until the next write or compaction.
  [[nodiscard]] const std::deque<Change>& changes() const { return changes_; }
  /// Position in changes() of the first change after `revision`.
  [[nodiscard]] std::size_t first_after(Revision revision) const;
  /// Forgets history up to and including `revision`.
  void compact(Revision revision);

private:
  struct Version {
    Revision revision = 0;
    Object object; ///< null: deleted at this revision
  };
  using Versions = std::vector<Version>;

  [[nodiscard]] static Object at_revision(const Versions& versions, Revision revision);
  /// Drops versions that compaction hides; true when nothing of the object is left.
  static bool forget_old(Versions& versions, Revision compacted);
  void record(const kube::ResourceType& type, const std::string& key, Object before, Object after);

  Revision revision_;
  Revision compacted_;
  /// By resource path ("group/plural": versions of a kind share their storage), then by key.
  std::map<std::string, std::map<std::string, Versions>> objects_;
  std::deque<Change> changes_;
};

/// "namespace/name", or "name".
[[nodiscard]] std::string storage_key(const kube::ObjectKey& key);

} // namespace berth::simulation
