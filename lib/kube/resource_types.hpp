#pragma once
// The resource types that Berth speaks to, in one place, so that a path is written once.

#include "lib/kube/object.hpp"

namespace berth::kube::types {

[[nodiscard]] const ResourceType& pod();
[[nodiscard]] const ResourceType& node();
[[nodiscard]] const ResourceType& namespace_();
[[nodiscard]] const ResourceType& lease();
[[nodiscard]] const ResourceType& event();
[[nodiscard]] const ResourceType& resource_quota();
[[nodiscard]] const ResourceType& priority_class();
[[nodiscard]] const ResourceType& config_map();
[[nodiscard]] const ResourceType& deployment();
[[nodiscard]] const ResourceType& stateful_set();
[[nodiscard]] const ResourceType& horizontal_pod_autoscaler();
[[nodiscard]] const ResourceType& job();
[[nodiscard]] const ResourceType& secret();
[[nodiscard]] const ResourceType& custom_resource_definition();
[[nodiscard]] const ResourceType& endpoint_slice();
[[nodiscard]] const ResourceType& mutating_webhook_configuration();
[[nodiscard]] const ResourceType& self_subject_access_review();
[[nodiscard]] const ResourceType& subject_access_review();
[[nodiscard]] const ResourceType& api_service();
[[nodiscard]] const ResourceType& resource_pool();
[[nodiscard]] const ResourceType& quota();
[[nodiscard]] const ResourceType& reservation();
[[nodiscard]] const ResourceType& allocation_request();
[[nodiscard]] const ResourceType& allocation_policy();
[[nodiscard]] const ResourceType& scaling_policy();
[[nodiscard]] const ResourceType& scaling_recommendation();
[[nodiscard]] const ResourceType& node_metrics();
[[nodiscard]] const ResourceType& pod_metrics();

} // namespace berth::kube::types
