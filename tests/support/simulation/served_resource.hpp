#pragma once
// ServedResource: what the simulated API server must know of one resource type to treat it as the
// real one does. The Registry holds the built-in types, and grows when a CRD is created.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/kube/object.hpp"
#include "tests/support/simulation/list_schema.hpp"

namespace berth::simulation {

struct ServedResource {
  kube::ResourceType type;
  std::set<std::string> subresources{};
  /// From a CRD: no strategic merge patch, updates need a resourceVersion.
  bool custom = false;
  /// metadata.generation counts changes of the desired state.
  bool generation = false;
  /// Get and list only, as metrics.k8s.io is.
  bool read_only = false;
  /// A PUT without resourceVersion replaces whatever is stored.
  bool unconditional_update = true;
  /// A PUT to a name that does not exist creates it.
  bool create_on_update = false;
  /// DELETE answers the object rather than a Status.
  bool returns_deleted = false;
  /// Field selectors beyond metadata.name and metadata.namespace, as "spec.nodeName".
  std::set<std::string> selectable{};
  ListSchema lists = ListSchema::built_in();
  /// The CRD's openAPIV3Schema; null for built-in types.
  Json schema = nullptr;

  [[nodiscard]] bool has(const std::string& subresource) const {
    return subresources.contains(subresource);
  }
};

using Resource = std::shared_ptr<const ServedResource>;

class Registry {
public:
  /// Everything of Kubernetes that Berth touches.
  Registry();

  /// Null when nothing of that name is served.
  [[nodiscard]] Resource find(const std::string& group, const std::string& version,
                              const std::string& plural) const;
  /// By apiVersion and kind, as an object names them; null when unknown.
  [[nodiscard]] Resource find_kind(const std::string& api_version, const std::string& kind) const;
  [[nodiscard]] std::vector<Resource> all() const;

  void add(ServedResource resource);
  /// Serves, or stops serving, what a CustomResourceDefinition defines.
  void define(const Json& crd);
  void undefine(const Json& crd);

private:
  std::map<std::string, Resource> by_path_; ///< by "group/version/plural"
};

} // namespace berth::simulation
