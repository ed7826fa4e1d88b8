#pragma once
// Admission hooks: what MutatingAdmissionPolicies and ValidatingAdmissionPolicies do in a real
// cluster. make_berth_policies() acts as manifests/gate-policy.yaml and guard-policy.yaml do, in
// C++ rather than CEL; tests/integration tries the manifests themselves.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulation/request_info.hpp"
#include "tests/support/simulation/versioned_store.hpp"

namespace berth::simulation {

struct AdmissionContext {
  const RequestInfo& info;
  const VersionedStore& store;

  /// The labels of the request's namespace, or null.
  [[nodiscard]] Json namespace_labels() const;
};

struct AdmissionHook {
  std::string name;
  /// Changes an object before it is validated; may be empty.
  std::function<void(Json& object, const AdmissionContext&)> mutate;
  /// Says why the write is forbidden; `before` is null for creations. May be empty.
  std::function<std::optional<std::string>(const Json& after, const Json* before,
                                           const AdmissionContext&)>
      refuse;
};

/// What admission did: the object as mutated, or who denied it.
[[nodiscard]] Answer<Json> admit(const std::vector<AdmissionHook>& hooks, Json object,
                                 const Json* before, const AdmissionContext& context);

/// Who Berth's operator is to the API server, as its RBAC has it.
inline constexpr const char* kOperatorUser = "system:serviceaccount:berth-system:berth-operator";

/// The gate on new pods, and the guards of the gate, of Berth's annotations and labels, of bindings
/// and of spec.nodeName.
[[nodiscard]] std::vector<AdmissionHook> make_berth_policies();

} // namespace berth::simulation
