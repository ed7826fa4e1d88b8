#pragma once
// The single questions that `kubectl berth doctor` asks the API server. Each reads what it needs
// of the answer and nothing more. For this folder only.

#include <string>
#include <vector>

#include "cli/doctor/observe.hpp"

namespace berth::cli {

/// What GET /version calls the API server.
[[nodiscard]] async::Task<Result<std::string>> kubernetes_version(kube::Client& client);
/// The resources of berth.dev/v1alpha1; NotFound where the group is not served.
[[nodiscard]] async::Task<Result<Names>> served_resources(kube::Client& client);
/// Those with the label app.kubernetes.io/part-of=berth.
[[nodiscard]] async::Task<Result<Names>> names_of(kube::Client& client, kube::ResourceType type);
[[nodiscard]] async::Task<Result<std::vector<ObservedProgram>>> programs_of(kube::Client& client,
                                                                            std::string ns);
[[nodiscard]] async::Task<Result<std::string>> operator_lease(kube::Client& client, std::string ns);
/// Of the port of that name, or of any; NotFound if the Service has no EndpointSlice at all.
[[nodiscard]] async::Task<Result<std::int64_t>>
ready_endpoints(kube::Client& client, kube::ObjectKey service, std::string port_name);
/// Behind the port that the webhook calls; NotFound if the Service has no such port, or is none.
[[nodiscard]] async::Task<Result<std::int64_t>> ready_endpoints(kube::Client& client,
                                                                ObservedWebhook webhook);
/// Of the MutatingWebhookConfigurations that are Berth's own.
[[nodiscard]] async::Task<Result<std::vector<ObservedWebhook>>> webhooks_of(kube::Client& client);
/// The certificates alone: the private key is not kept.
[[nodiscard]] async::Task<Result<ObservedCertificate>> certificate_of(kube::Client& client,
                                                                      kube::ObjectKey secret);
/// The file in a ConfigMap.
[[nodiscard]] async::Task<Result<std::string>> scheduler_config_text(kube::Client& client,
                                                                     kube::ObjectKey config_map);
[[nodiscard]] async::Task<Result<std::vector<std::string>>>
scheduler_commands(kube::Client& client);
[[nodiscard]] async::Task<Result<ObservedMetrics>> node_measurements(kube::Client& client);
/// By a SelfSubjectAccessReview, over all namespaces.
[[nodiscard]] async::Task<Result<bool>> may_i(kube::Client& client, ObservedRight right);

} // namespace berth::cli
