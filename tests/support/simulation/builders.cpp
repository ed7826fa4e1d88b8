#include "tests/support/simulation/builders.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "lib/base/ensure.hpp"

namespace berth::simulation {
namespace {

constexpr const char* kDefinitions = "crds";

/// YAML as JSON, scalars by the core schema: plain true, false, null and numbers are themselves.
Json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& field : node)
      object[field.first.as<std::string>()] = to_json(field.second);
    return object;
  }
  if (node.IsSequence()) {
    Json array = Json::array();
    for (const auto& item : node)
      array.push_back(to_json(item));
    return array;
  }
  if (node.IsNull())
    return nullptr;
  const auto text = node.as<std::string>();
  const Json value =
      node.Tag() == "!" ? Json(Json::value_t::discarded) : Json::parse(text, nullptr, false);
  return value.is_discarded() || value.is_structured() || value.is_string() ? Json(text) : value;
}

} // namespace

template <class Builder>
ObjectBuilder<Builder>::ObjectBuilder(const std::string& api_version, const std::string& kind,
                                      const std::string& ns, const std::string& name)
    : object_({{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}}}}) {
  if (!ns.empty())
    object_["metadata"]["namespace"] = ns;
}

AnyBuilder::AnyBuilder(const std::string& api_version, const std::string& kind,
                       const std::string& ns, const std::string& name)
    : ObjectBuilder(api_version, kind, ns, name) {}

PodBuilder::PodBuilder(const std::string& ns, const std::string& name)
    : ObjectBuilder("v1", "Pod", ns, name) {
  object_["spec"]["containers"] =
      Json::array({{{"name", "main"}, {"image", "registry.k8s.io/pause:3.10"}}});
}

PodBuilder& PodBuilder::request(const std::string& resource, const std::string& amount) {
  Json& resources = object_["spec"]["containers"][0]["resources"];
  resources["requests"][resource] = amount;
  if (resource.find('/') != std::string::npos)
    resources["limits"][resource] = amount;
  return *this;
}

PodBuilder& PodBuilder::gated(const std::string& gate) {
  object_["spec"]["schedulingGates"].push_back({{"name", gate}});
  return *this;
}

PodBuilder& PodBuilder::node_selector(const std::string& key, const std::string& value) {
  object_["spec"]["nodeSelector"][key] = value;
  return *this;
}

PodBuilder& PodBuilder::requires_node(const std::string& key,
                                      const std::vector<std::string>& values) {
  const Json expression = {{"key", key}, {"operator", "In"}, {"values", values}};
  Json& required =
      object_["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  Json& terms = required["nodeSelectorTerms"];
  terms.push_back({{"matchExpressions", Json::array({expression})}});
  return *this;
}

PodBuilder& PodBuilder::tolerates(const std::string& key, const std::string& effect) {
  Json toleration = {{"key", key}, {"operator", "Exists"}};
  if (!effect.empty())
    toleration["effect"] = effect;
  object_["spec"]["tolerations"].push_back(std::move(toleration));
  return *this;
}

PodBuilder& PodBuilder::workload(const std::string& name, int size) {
  return label("berth.dev/workload", name).label("berth.dev/workload-size", std::to_string(size));
}

NodeBuilder::NodeBuilder(const std::string& name) : ObjectBuilder("v1", "Node", "", name) {
  label("kubernetes.io/hostname", name);
  pods("110");
  object_["status"]["conditions"] =
      Json::array({{{"type", "Ready"}, {"status", "True"}, {"reason", "KubeletReady"}}});
}

NodeBuilder& NodeBuilder::resource(const std::string& name, const std::string& amount) {
  object_["status"]["capacity"][name] = amount;
  object_["status"]["allocatable"][name] = amount;
  return *this;
}

NodeBuilder& NodeBuilder::taint(const std::string& key, const std::string& value,
                                const std::string& effect) {
  object_["spec"]["taints"].push_back({{"key", key}, {"value", value}, {"effect", effect}});
  return *this;
}

NodeBuilder& NodeBuilder::not_ready() {
  object_["status"]["conditions"][0]["status"] = "False";
  return taint("node.kubernetes.io/not-ready", "", "NoSchedule");
}

AnyBuilder make_object(const std::string& api_version, const std::string& kind,
                       const std::string& ns, const std::string& name) {
  return {api_version, kind, ns, name};
}

PodBuilder make_pod(const std::string& ns, const std::string& name) {
  return {ns, name};
}
NodeBuilder make_node(const std::string& name) {
  return NodeBuilder(name);
}

AnyBuilder make_namespace(const std::string& name) {
  return {"v1", "Namespace", "", name};
}

AnyBuilder make_managed_namespace(const std::string& name) {
  return make_namespace(name).label("berth.dev/managed", "true");
}

AnyBuilder make_priority_class(const std::string& name, int value) {
  return make_object("scheduling.k8s.io/v1", "PriorityClass", "", name).set("/value", value);
}

AnyBuilder make_budget(const std::string& ns, const std::string& name, const std::string& label,
                       const std::string& value, int min_available) {
  return make_object("policy/v1", "PodDisruptionBudget", ns, name)
      .spec({{"minAvailable", min_available}, {"selector", {{"matchLabels", {{label, value}}}}}});
}

AnyBuilder make_node_metrics(const std::string& name, const std::string& cpu,
                             const std::string& memory) {
  return make_object("metrics.k8s.io/v1beta1", "NodeMetrics", "", name)
      .set("/timestamp", "2026-01-01T00:00:00Z")
      .set("/window", "15s")
      .set("/usage", {{"cpu", cpu}, {"memory", memory}});
}

AnyBuilder make_pod_metrics(const std::string& ns, const std::string& name, const std::string& cpu,
                            const std::string& memory) {
  const Json usage = {{"name", "main"}, {"usage", {{"cpu", cpu}, {"memory", memory}}}};
  return make_object("metrics.k8s.io/v1beta1", "PodMetrics", ns, name)
      .set("/timestamp", "2026-01-01T00:00:00Z")
      .set("/window", "15s")
      .set("/containers", Json::array({usage}));
}

void create_nodes(AdminClient& admin, const std::string& prefix, int count, NodeBuilder shape) {
  for (int index = 0; index < count; ++index) {
    const std::string name = fmt::format("{}-{}", prefix, index);
    admin.create(shape.set("/metadata/name", name).label("kubernetes.io/hostname", name));
  }
}

void install_custom_resources(AdminClient& admin) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kDefinitions))
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  ensure(!files.empty(), "tests run in the source folder, which has crds/");
  std::sort(files.begin(), files.end());
  for (const auto& file : files)
    for (const auto& document : YAML::LoadAllFromFile(file.string()))
      admin.create(to_json(document));
}

template class ObjectBuilder<AnyBuilder>;
template class ObjectBuilder<PodBuilder>;
template class ObjectBuilder<NodeBuilder>;

} // namespace berth::simulation
