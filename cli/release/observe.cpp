#include "cli/release/observe.hpp"

#include <algorithm>
#include <utility>

#include "cli/listing.hpp"
#include "cli/release/patches.hpp"
#include "lib/api/labels.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

/// Gated pods are bound to no node: the server leaves out the others, which are most.
constexpr const char* kNotBound = "spec.nodeName=";

bool waits_at_the_gate(const cluster::Pod& pod) {
  return !pod.meta.deleted && std::ranges::count(pod.scheduling_gates, api::kAdmissionGate) > 0;
}

} // namespace

async::Task<Result<std::vector<std::shared_ptr<const cluster::Pod>>>>
observe_gated_pods(kube::Client& client, std::string ns, std::vector<std::string>& unreadable) {
  kube::ListOptions not_bound;
  not_bound.ns = std::move(ns);
  not_bound.field_selector = kNotBound;
  auto listed = co_await list_all<cluster::Pod>(client, kube::types::pod(), not_bound,
                                                cluster::make_pod_codec());
  if (!listed)
    co_return fail(listed.error());
  std::ranges::move(listed->unreadable, std::back_inserter(unreadable));
  std::erase_if(listed->items, [](const auto& pod) { return !waits_at_the_gate(*pod); });
  co_return std::move(listed->items);
}

async::Task<Result<std::vector<HeldObject>>>
observe_held_objects(kube::Client& client, std::vector<std::string>& unreadable) {
  std::vector<HeldObject> held;
  for (const kube::ResourceType* type :
       {&kube::types::resource_pool(), &kube::types::quota(), &kube::types::reservation(),
        &kube::types::allocation_request()}) {
    const kube::ListOptions everything;
    // Metadata alone: an object that Berth cannot read any more must not be held for that.
    auto codec = kube::make_json_codec<api::ObjectMeta>(
        *type, [](const api::Json& object) { return api::decode_meta(object); });
    auto listed = co_await list_all<api::ObjectMeta>(client, *type, everything, std::move(codec));
    if (!listed && listed.error().code == Code::NotFound)
      continue;
    if (!listed)
      co_return fail(listed.error());
    std::ranges::move(listed->unreadable, std::back_inserter(unreadable));
    for (const auto& meta : listed->items)
      if (std::ranges::any_of(meta->finalizers, is_berths_finalizer))
        held.push_back({*type, *meta});
  }
  co_return held;
}

} // namespace berth::cli
