#include "cli/doctor/observe.hpp"

#include <algorithm>
#include <utility>

#include "cli/doctor/observe_parts.hpp"
#include "cli/listing.hpp"
#include "cli/status/observe.hpp"
#include "lib/api/labels.hpp"

namespace berth::cli {
namespace {

constexpr const char* kAdmissionGroup = "admissionregistration.k8s.io";

kube::ResourceType admission(const char* version, const char* plural, const char* kind) {
  return {kAdmissionGroup, version, plural, kind, false};
}

/// The gate's kinds came with 1.34 as v1beta1, and with 1.36 as v1.
async::Task<Result<Names>> gate_names(kube::Client& client, const char* plural, const char* kind) {
  auto names = co_await names_of(client, admission("v1", plural, kind));
  if (names || names.error().code != Code::NotFound)
    co_return names;
  co_return co_await names_of(client, admission("v1beta1", plural, kind));
}

async::Task<void> observe_admission(kube::Client& client, ObservedInstallation& observed) {
  observed.guards = co_await names_of(
      client, admission("v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"));
  observed.guard_bindings =
      co_await names_of(client, admission("v1", "validatingadmissionpolicybindings",
                                          "ValidatingAdmissionPolicyBinding"));
  observed.gates =
      co_await gate_names(client, "mutatingadmissionpolicies", "MutatingAdmissionPolicy");
  observed.gate_bindings = co_await gate_names(client, "mutatingadmissionpolicybindings",
                                               "MutatingAdmissionPolicyBinding");
  observed.gate_webhooks = co_await webhooks_of(client);
  if (observed.gate_webhooks && !observed.gate_webhooks->empty())
    observed.gate_endpoints = co_await ready_endpoints(client, observed.gate_webhooks->front());
}

/// What the commands ask for, and what for; Berth's own accounts are the chart's.
async::Task<void> observe_rights(kube::Client& client, ObservedInstallation& observed) {
  const std::string ours(api::kGroup);
  observed.rights = {{"list", ours, "resourcepools", "status"},
                     {"list", ours, "quotas", "status"},
                     {"list", ours, "reservations", "status"},
                     {"list", "", "pods", "queue"},
                     {"list", "", "nodes", "explain"},
                     {"list", ours, "scalingrecommendations", "recommendations"},
                     {"list", "metrics.k8s.io", "pods", "top"},
                     {"patch", ours, "quotas", "set-quota"},
                     {"patch", ours, "resourcepools", "burst"},
                     {"create", ours, "reservations", "reserve"},
                     {"delete", ours, "reservations", "release"}};
  for (ObservedRight& right : observed.rights) {
    ObservedRight asked = right;
    right.allowed = co_await may_i(client, std::move(asked));
  }
}

template <class T>
void add_faults(const std::vector<std::shared_ptr<const T>>& objects, std::string_view type,
                std::vector<ObservedFault>& faults) {
  for (const auto& object : objects) {
    const api::Condition* condition = api::find_condition(object->status.conditions, type);
    if (condition != nullptr && condition->status == api::ConditionStatus::False)
      faults.push_back({std::string(T::kKind) + " " + object->meta.name,
                        std::string(to_string(condition->reason)), condition->message});
  }
}

std::vector<ObservedFault> faults_of(const ObservedStatus& status) {
  std::vector<ObservedFault> faults;
  add_faults(status.pools, "Ready", faults);
  add_faults(status.quotas, "Ready", faults);
  add_faults(status.reservations, "Accepted", faults);
  for (const std::string& what : status.unreadable)
    faults.push_back({what, "Unreadable", "this program cannot read it"});
  std::ranges::sort(faults, {}, &ObservedFault::object);
  return faults;
}

async::Task<Result<ObservedPolicies>> observe_policies(kube::Client& client,
                                                       const ObservedStatus& status) {
  ObservedPolicies observed;
  for (const auto& pool : status.pools)
    observed.pools.insert(PoolName{pool->meta.name});
  BERTH_CO_CHECK(co_await list_into(client, kube::types::allocation_policy(), observed.policies,
                                    observed.unreadable));
  co_return observed;
}

async::Task<void> observe_objects(kube::Client& client, ObservedInstallation& observed) {
  const auto status = co_await observe_status(client);
  if (!status) {
    observed.faults = fail(status.error());
    observed.policies = fail(status.error());
    co_return;
  }
  observed.faults = faults_of(*status);
  observed.policies = co_await observe_policies(client, *status);
}

} // namespace

async::Task<ObservedInstallation> observe_installation(kube::Client& client, std::string ns) {
  ObservedInstallation observed;
  observed.ns = ns;
  observed.kubernetes = co_await kubernetes_version(client);
  observed.served = co_await served_resources(client);
  co_await observe_admission(client, observed);
  observed.programs = co_await programs_of(client, ns);
  observed.lease = co_await operator_lease(client, ns);
  const kube::ObjectKey service{ns, "berth-scheduler-extender"};
  const std::string any_port;
  observed.extender_endpoints = co_await ready_endpoints(client, service, any_port);
  const kube::ObjectKey extender{ns, "berth-scheduler-extender-tls"};
  observed.extender_certificate = co_await certificate_of(client, extender);
  const kube::ObjectKey scheduler{ns, "berth-scheduler-client-tls"};
  observed.scheduler_certificate = co_await certificate_of(client, scheduler);
  const kube::ObjectKey config{ns, "berth-scheduler-config"};
  observed.scheduler_config = co_await scheduler_config_text(client, config);
  const kube::ObjectKey own_config{ns, "berth-scheduler"};
  observed.own_scheduler_config = co_await scheduler_config_text(client, own_config);
  observed.schedulers = co_await scheduler_commands(client);
  observed.metrics = co_await node_measurements(client);
  co_await observe_rights(client, observed);
  co_await observe_objects(client, observed);
  co_return observed;
}

} // namespace berth::cli
