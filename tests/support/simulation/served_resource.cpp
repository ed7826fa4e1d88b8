#include "tests/support/simulation/served_resource.hpp"

namespace berth::simulation {
namespace {

std::string path_of(const kube::ResourceType& type) {
  return type.group + "/" + type.version + "/" + type.plural;
}

ServedResource core(std::string plural, std::string kind, bool namespaced = true) {
  return {.type = {"", "v1", std::move(plural), std::move(kind), namespaced}};
}

ServedResource in_group(std::string group, std::string plural, std::string kind) {
  return {.type = {std::move(group), "v1", std::move(plural), std::move(kind), true}};
}

ServedResource pods() {
  auto pod = core("pods", "Pod");
  pod.subresources = {"status", "binding", "eviction", "resize"};
  pod.generation = true;
  pod.returns_deleted = true;
  pod.selectable = {"spec.nodeName", "spec.restartPolicy",      "spec.schedulerName",
                    "status.phase",  "spec.hostNetwork",        "spec.serviceAccountName",
                    "status.podIP",  "status.nominatedNodeName"};
  return pod;
}

ServedResource events(std::string group) {
  // The newer group calls the object of an event by another name.
  const std::string about = group.empty() ? "involvedObject" : "regarding";
  ServedResource event{.type = {std::move(group), "v1", "events", "Event", true}};
  event.create_on_update = true;
  event.selectable = {
      about + ".kind", about + ".namespace", about + ".name", about + ".uid", "reason", "type"};
  return event;
}

ServedResource metrics(std::string plural, std::string kind, bool namespaced) {
  ServedResource resource;
  resource.type = {"metrics.k8s.io", "v1beta1", std::move(plural), std::move(kind), namespaced};
  resource.read_only = true;
  return resource;
}

ServedResource with(ServedResource resource, std::set<std::string> subresources, bool generation) {
  resource.subresources = std::move(subresources);
  resource.generation = generation;
  return resource;
}

} // namespace

Registry::Registry() {
  add(pods());
  auto node = with(core("nodes", "Node", false), {"status"}, false);
  node.selectable = {"spec.unschedulable"};
  add(node);
  auto ns = with(core("namespaces", "Namespace", false), {"status"}, false);
  ns.selectable = {"status.phase"};
  ns.returns_deleted = true;
  add(ns);
  add(core("configmaps", "ConfigMap"));
  add(core("secrets", "Secret"));
  add(with(core("services", "Service"), {"status"}, false));
  add(in_group("discovery.k8s.io", "endpointslices", "EndpointSlice"));
  auto accounts = core("serviceaccounts", "ServiceAccount");
  accounts.returns_deleted = true;
  add(accounts);
  auto quota = with(core("resourcequotas", "ResourceQuota"), {"status"}, false);
  quota.returns_deleted = true;
  add(quota);
  add(events(""));
  add(events("events.k8s.io"));
  for (const auto* kind : {"Deployment", "ReplicaSet", "StatefulSet"}) {
    std::string plural = kind;
    plural[0] = static_cast<char>(plural[0] - 'A' + 'a');
    for (auto& letter : plural)
      letter = static_cast<char>(std::tolower(letter));
    add(with(in_group("apps", plural + "s", kind), {"status", "scale"}, true));
  }
  auto autoscaler =
      with(in_group("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
           {"status"}, false);
  autoscaler.type.version = "v2";
  add(autoscaler);
  add(with(in_group("batch", "jobs", "Job"), {"status"}, true));
  auto lease = in_group("coordination.k8s.io", "leases", "Lease");
  lease.unconditional_update = false;
  lease.create_on_update = true;
  add(lease);
  auto budget =
      with(in_group("policy", "poddisruptionbudgets", "PodDisruptionBudget"), {"status"}, true);
  budget.unconditional_update = false;
  add(budget);
  auto priority = in_group("scheduling.k8s.io", "priorityclasses", "PriorityClass");
  priority.type.namespaced = false;
  add(priority);
  auto webhook = in_group("admissionregistration.k8s.io", "mutatingwebhookconfigurations",
                          "MutatingWebhookConfiguration");
  webhook.type.namespaced = false;
  add(webhook);
  auto api_service = in_group("apiregistration.k8s.io", "apiservices", "APIService");
  api_service.type.namespaced = false;
  add(api_service);
  auto crd = with(
      in_group("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition"),
      {"status"}, true);
  crd.type.namespaced = false;
  crd.unconditional_update = false;
  add(crd);
  add(metrics("nodes", "NodeMetrics", false));
  add(metrics("pods", "PodMetrics", true));
}

Resource Registry::find(const std::string& group, const std::string& version,
                        const std::string& plural) const {
  const auto found = by_path_.find(group + "/" + version + "/" + plural);
  return found == by_path_.end() ? nullptr : found->second;
}

Resource Registry::find_kind(const std::string& api_version, const std::string& kind) const {
  for (const auto& [path, resource] : by_path_)
    if (resource->type.kind == kind && resource->type.api_version() == api_version)
      return resource;
  return nullptr;
}

std::vector<Resource> Registry::all() const {
  std::vector<Resource> resources;
  for (const auto& [path, resource] : by_path_)
    resources.push_back(resource);
  return resources;
}

void Registry::add(ServedResource resource) {
  auto path = path_of(resource.type);
  by_path_[std::move(path)] = std::make_shared<const ServedResource>(std::move(resource));
}

void Registry::define(const Json& crd) {
  for (const auto& version : at(crd, "/spec/versions")) {
    if (!at(version, "/served").get<bool>())
      continue;
    ServedResource resource;
    resource.type = {text_at(crd, "/spec/group"), text_at(version, "/name"),
                     text_at(crd, "/spec/names/plural"), text_at(crd, "/spec/names/kind"),
                     text_at(crd, "/spec/scope") == "Namespaced"};
    for (const auto& [name, settings] : at(version, "/subresources").items())
      resource.subresources.insert(name);
    for (const auto& field : at(version, "/selectableFields"))
      resource.selectable.insert(text_at(field, "/jsonPath").substr(1));
    resource.custom = true;
    resource.generation = true;
    resource.unconditional_update = false;
    resource.schema = at(version, "/schema/openAPIV3Schema");
    resource.lists = ListSchema::from_open_api(resource.schema);
    add(std::move(resource));
  }
}

void Registry::undefine(const Json& crd) {
  for (const auto& version : at(crd, "/spec/versions"))
    by_path_.erase(text_at(crd, "/spec/group") + "/" + text_at(version, "/name") + "/" +
                   text_at(crd, "/spec/names/plural"));
}

} // namespace berth::simulation
