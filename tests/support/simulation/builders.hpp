#pragma once
// Builders of Kubernetes objects for tests: make_pod("team-a", "p").cpu("2").gated(). A builder
// turns into its JSON by itself. What a test does not say stays as the API server would default it.

#include <string>
#include <vector>

#include "tests/support/simulation/admin_client.hpp"

namespace berth::simulation {

/// The pod annotation that tells SimulatedKubelet how long the pod runs; without it, for ever.
inline constexpr const char* kRunSecondsAnnotation = "simulation.berth.dev/run-seconds";
inline constexpr const char* kAdmissionGate = "berth.dev/admission";

template <class Builder>
class ObjectBuilder {
public:
  Builder& label(const std::string& key, const std::string& value) {
    object_["metadata"]["labels"][key] = value;
    return self();
  }
  Builder& annotation(const std::string& key, const std::string& value) {
    object_["metadata"]["annotations"][key] = value;
    return self();
  }
  Builder& finalizer(const std::string& name) {
    object_["metadata"]["finalizers"].push_back(name);
    return self();
  }
  /// The controller of the object.
  Builder& owner(const std::string& api_version, const std::string& kind, const std::string& name,
                 const std::string& uid) {
    object_["metadata"]["ownerReferences"].push_back({{"apiVersion", api_version},
                                                      {"kind", kind},
                                                      {"name", name},
                                                      {"uid", uid},
                                                      {"controller", true}});
    return self();
  }
  /// Sets any field by JSON pointer.
  Builder& set(const std::string& pointer, Json value) {
    object_[Json::json_pointer(pointer)] = std::move(value);
    return self();
  }

  [[nodiscard]] Json build() const { return object_; }
  operator Json() const { return object_; } // NOLINT: builders stand for their objects

protected:
  ObjectBuilder(const std::string& api_version, const std::string& kind, const std::string& ns,
                const std::string& name);
  Builder& self() { return static_cast<Builder&>(*this); }
  Json object_;
};

/// An object of any kind: make_object("berth.dev/v1alpha1", "Quota", "", "q").spec({...}).
class AnyBuilder : public ObjectBuilder<AnyBuilder> {
public:
  AnyBuilder(const std::string& api_version, const std::string& kind, const std::string& ns,
             const std::string& name);
  AnyBuilder& spec(Json spec) { return set("/spec", std::move(spec)); }
};

class PodBuilder : public ObjectBuilder<PodBuilder> {
public:
  PodBuilder(const std::string& ns, const std::string& name);
  PodBuilder& cpu(const std::string& amount) { return request("cpu", amount); }
  PodBuilder& memory(const std::string& amount) { return request("memory", amount); }
  /// A request of the first container; for extended resources the limit too, as the API demands.
  PodBuilder& request(const std::string& resource, const std::string& amount);
  PodBuilder& gated(const std::string& gate = kAdmissionGate);
  PodBuilder& priority_class(const std::string& name) {
    return set("/spec/priorityClassName", name);
  }
  PodBuilder& node_selector(const std::string& key, const std::string& value);
  /// A required node affinity term: key In values.
  PodBuilder& requires_node(const std::string& key, const std::vector<std::string>& values);
  PodBuilder& tolerates(const std::string& key, const std::string& effect = "");
  PodBuilder& on_node(const std::string& node) { return set("/spec/nodeName", node); }
  PodBuilder& scheduler(const std::string& name) { return set("/spec/schedulerName", name); }
  /// Member of a gang, by Berth's own labels.
  PodBuilder& workload(const std::string& name, int size);
  PodBuilder& runs_for(std::int64_t seconds) {
    return annotation(kRunSecondsAnnotation, std::to_string(seconds));
  }
};

class NodeBuilder : public ObjectBuilder<NodeBuilder> {
public:
  /// Ready, with room for 110 pods and nothing else.
  explicit NodeBuilder(const std::string& name);
  NodeBuilder& cpu(const std::string& amount) { return resource("cpu", amount); }
  NodeBuilder& memory(const std::string& amount) { return resource("memory", amount); }
  NodeBuilder& pods(const std::string& amount) { return resource("pods", amount); }
  /// Capacity and allocatable.
  NodeBuilder& resource(const std::string& name, const std::string& amount);
  NodeBuilder& taint(const std::string& key, const std::string& value, const std::string& effect);
  NodeBuilder& cordoned() { return set("/spec/unschedulable", true); }
  /// With the taint that the node controller puts on such a node.
  NodeBuilder& not_ready();
};

[[nodiscard]] AnyBuilder make_object(const std::string& api_version, const std::string& kind,
                                     const std::string& ns, const std::string& name);
[[nodiscard]] PodBuilder make_pod(const std::string& ns, const std::string& name);
[[nodiscard]] NodeBuilder make_node(const std::string& name);
[[nodiscard]] AnyBuilder make_namespace(const std::string& name);
/// A namespace whose pods Berth gates.
[[nodiscard]] AnyBuilder make_managed_namespace(const std::string& name);
[[nodiscard]] AnyBuilder make_priority_class(const std::string& name, int value);
/// A budget over pods with one label; its status is kept by SimulatedDisruptionController.
[[nodiscard]] AnyBuilder make_budget(const std::string& ns, const std::string& name,
                                     const std::string& label, const std::string& value,
                                     int min_available);
/// metrics.k8s.io objects, for SimulatedApiServer::put_metrics().
[[nodiscard]] AnyBuilder make_node_metrics(const std::string& name, const std::string& cpu,
                                           const std::string& memory);
[[nodiscard]] AnyBuilder make_pod_metrics(const std::string& ns, const std::string& name,
                                          const std::string& cpu, const std::string& memory);

/// Makes `count` nodes "<prefix>-0"... of one shape.
void create_nodes(AdminClient& admin, const std::string& prefix, int count, NodeBuilder shape);
/// Serves Berth's custom resources from the definitions in crds/.
void install_custom_resources(AdminClient& admin);

} // namespace berth::simulation
