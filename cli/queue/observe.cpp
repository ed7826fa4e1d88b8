#include "cli/queue/observe.hpp"

#include <iterator>
#include <utility>

#include "cli/listing.hpp"
#include "lib/cluster/node_codec.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

/// Waiting pods are bound to no node: the server leaves out the others, which are most.
constexpr const char* kNotBound = "spec.nodeName=";

async::Task<Result<void>> observe_namespaces(kube::Client& client, ObservedQueue& observed) {
  const kube::ListOptions everything;
  auto listed = co_await list_all<cluster::Namespace>(client, kube::types::namespace_(), everything,
                                                      cluster::make_namespace_codec());
  if (!listed)
    co_return fail(listed.error());
  for (const auto& item : listed->items)
    observed.namespaces.push_back(item->view);
  std::ranges::move(listed->unreadable, std::back_inserter(observed.unreadable));
  co_return Result<void>{};
}

/// What only adds to the picture: who may not read it is told so, and sees the rest.
Result<void> forgiven(const Error& error, const std::string& what, ObservedQueue& observed) {
  if (error.code != Code::Forbidden)
    return fail(error);
  observed.unreadable.push_back(what + ": " + error.message);
  return {};
}

async::Task<Result<void>> observe_requests(kube::Client& client, std::string ns,
                                           ObservedQueue& observed) {
  kube::ListOptions in_namespace;
  in_namespace.ns = std::move(ns);
  auto codec = kube::make_json_codec<api::AllocationRequest>(
      kube::types::allocation_request(),
      [](const api::Json& object) { return api::decode<api::AllocationRequest>(object); });
  auto listed = co_await list_all<api::AllocationRequest>(client, kube::types::allocation_request(),
                                                          in_namespace, std::move(codec));
  if (!listed)
    co_return forgiven(listed.error(), "which AllocationRequests wait", observed);
  observed.requests = std::move(listed->items);
  std::ranges::move(listed->unreadable, std::back_inserter(observed.unreadable));
  if (observed.requests.empty())
    co_return Result<void>{};
  const auto priorities = co_await list_into<cluster::PriorityClass>(
      client, kube::types::priority_class(), cluster::make_priority_class_codec(),
      observed.priorities, observed.unreadable);
  if (!priorities)
    co_return forgiven(priorities.error(), "priorities of AllocationRequests", observed);
  co_return Result<void>{};
}

} // namespace

async::Task<Result<ObservedQueue>> observe_queue(kube::Client& client, std::string ns) {
  ObservedQueue observed;
  observed.whole = ns.empty();
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::quota(), observed.quotas, observed.unreadable));
  BERTH_CO_CHECK(co_await list_into(client, kube::types::allocation_policy(), observed.policies,
                                    observed.unreadable));
  if (observed.whole) {
    BERTH_CO_CHECK(co_await observe_namespaces(client, observed));
  } else {
    BERTH_CO_TRY(auto name_space, co_await observe_namespace(client, ns));
    observed.namespaces.push_back(std::move(name_space));
  }
  kube::ListOptions not_bound;
  not_bound.ns = ns;
  not_bound.field_selector = kNotBound;
  auto pods = co_await list_all<cluster::Pod>(client, kube::types::pod(), not_bound,
                                              cluster::make_pod_codec());
  if (!pods)
    co_return fail(pods.error());
  observed.pods = std::move(pods->items);
  std::ranges::move(pods->unreadable, std::back_inserter(observed.unreadable));
  BERTH_CO_CHECK(co_await observe_requests(client, ns, observed));
  co_return observed;
}

async::Task<Result<allocation::NamespaceView>> observe_namespace(kube::Client& client,
                                                                 std::string name) {
  allocation::NamespaceView view{name, {}};
  const kube::ObjectKey key{"", name};
  const auto text = co_await client.get(kube::types::namespace_(), key);
  if (!text && text.error().code == Code::Forbidden)
    co_return view;
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound, "namespace " + name +
                                       " does not exist; \"kubectl get "
                                       "namespaces\" lists those that do");
  if (!text)
    co_return fail(text.error().while_doing("get namespace " + name));
  BERTH_CO_TRY(const api::Json object, api::parse_json(*text));
  BERTH_CO_TRY(const kube::ObjectMeta meta, api::decode_meta(object));
  for (const auto& [label, value] : meta.labels)
    view.labels.set(label, value);
  co_return view;
}

} // namespace berth::cli
