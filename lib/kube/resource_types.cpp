#include "lib/kube/resource_types.hpp"

namespace berth::kube::types {
namespace {

ResourceType core(const char* plural, const char* kind, bool namespaced) {
  return {"", "v1", plural, kind, namespaced};
}

ResourceType ours(const char* plural, const char* kind, bool namespaced) {
  return {"berth.dev", "v1alpha1", plural, kind, namespaced};
}

ResourceType metrics(const char* plural, const char* kind, bool namespaced) {
  return {"metrics.k8s.io", "v1beta1", plural, kind, namespaced};
}

} // namespace

const ResourceType& pod() {
  static const ResourceType type = core("pods", "Pod", true);
  return type;
}

const ResourceType& node() {
  static const ResourceType type = core("nodes", "Node", false);
  return type;
}

const ResourceType& namespace_() {
  static const ResourceType type = core("namespaces", "Namespace", false);
  return type;
}

const ResourceType& lease() {
  static const ResourceType type{"coordination.k8s.io", "v1", "leases", "Lease", true};
  return type;
}

const ResourceType& event() {
  static const ResourceType type{"events.k8s.io", "v1", "events", "Event", true};
  return type;
}

const ResourceType& resource_quota() {
  static const ResourceType type = core("resourcequotas", "ResourceQuota", true);
  return type;
}

const ResourceType& priority_class() {
  static const ResourceType type{"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass",
                                 false};
  return type;
}

const ResourceType& config_map() {
  static const ResourceType type = core("configmaps", "ConfigMap", true);
  return type;
}

const ResourceType& deployment() {
  static const ResourceType type{"apps", "v1", "deployments", "Deployment", true};
  return type;
}

const ResourceType& stateful_set() {
  static const ResourceType type{"apps", "v1", "statefulsets", "StatefulSet", true};
  return type;
}

const ResourceType& horizontal_pod_autoscaler() {
  static const ResourceType type{"autoscaling", "v2", "horizontalpodautoscalers",
                                 "HorizontalPodAutoscaler", true};
  return type;
}

const ResourceType& job() {
  static const ResourceType type{"batch", "v1", "jobs", "Job", true};
  return type;
}

const ResourceType& secret() {
  static const ResourceType type = core("secrets", "Secret", true);
  return type;
}

const ResourceType& custom_resource_definition() {
  static const ResourceType type{"apiextensions.k8s.io", "v1", "customresourcedefinitions",
                                 "CustomResourceDefinition", false};
  return type;
}

const ResourceType& endpoint_slice() {
  static const ResourceType type{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true};
  return type;
}

const ResourceType& mutating_webhook_configuration() {
  static const ResourceType type{"admissionregistration.k8s.io", "v1",
                                 "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
                                 false};
  return type;
}

const ResourceType& self_subject_access_review() {
  static const ResourceType type{"authorization.k8s.io", "v1", "selfsubjectaccessreviews",
                                 "SelfSubjectAccessReview", false};
  return type;
}

const ResourceType& subject_access_review() {
  static const ResourceType type{"authorization.k8s.io", "v1", "subjectaccessreviews",
                                 "SubjectAccessReview", false};
  return type;
}

const ResourceType& api_service() {
  static const ResourceType type{"apiregistration.k8s.io", "v1", "apiservices", "APIService",
                                 false};
  return type;
}

const ResourceType& resource_pool() {
  static const ResourceType type = ours("resourcepools", "ResourcePool", false);
  return type;
}

const ResourceType& quota() {
  static const ResourceType type = ours("quotas", "Quota", false);
  return type;
}

const ResourceType& reservation() {
  static const ResourceType type = ours("reservations", "Reservation", false);
  return type;
}

const ResourceType& allocation_request() {
  static const ResourceType type = ours("allocationrequests", "AllocationRequest", true);
  return type;
}

const ResourceType& allocation_policy() {
  static const ResourceType type = ours("allocationpolicies", "AllocationPolicy", false);
  return type;
}

const ResourceType& scaling_policy() {
  static const ResourceType type = ours("scalingpolicies", "ScalingPolicy", true);
  return type;
}

const ResourceType& scaling_recommendation() {
  static const ResourceType type = ours("scalingrecommendations", "ScalingRecommendation", true);
  return type;
}

const ResourceType& node_metrics() {
  static const ResourceType type = metrics("nodes", "NodeMetrics", false);
  return type;
}

const ResourceType& pod_metrics() {
  static const ResourceType type = metrics("pods", "PodMetrics", true);
  return type;
}

} // namespace berth::kube::types
