#include "cli/top/observe.hpp"

#include <iterator>
#include <utility>

#include "cli/listing.hpp"
#include "lib/api/json_reading.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

using api::Json;

struct PodUse {
  kube::ObjectKey key{};
  resources::ResourceVector used{};
};

/// A sample that cannot be read is left out and named, never taken for zero.
Result<PodUse> decode_use(const Json& sample) {
  PodUse use;
  use.key = {api::text_at(sample, "/metadata/namespace"), api::text_at(sample, "/metadata/name")};
  for (const Json& container : api::member_at(sample, "/containers"))
    for (const auto& [name, text] : api::member_at(container, "/usage").items()) {
      const resources::ResourceName resource{name};
      if (!text.is_string())
        return fail(Code::Invalid, "containers.usage." + name + ": must be a quantity");
      BERTH_TRY(const auto quantity, resources::Quantity::parse(text.get<std::string>()));
      use.used.set(resource, use.used.get(resource) + amount_of(resource, quantity));
    }
  return use;
}

async::Task<Result<void>> observe_measured(kube::Client& client, std::string ns,
                                           ObservedTop& observed) {
  kube::ListOptions options;
  options.ns = std::move(ns);
  options.limit = 0; // this API knows no pages
  auto codec = kube::make_json_codec<PodUse>(kube::types::pod_metrics(), decode_use);
  const auto listed = co_await list_all<PodUse>(client, kube::types::pod_metrics(),
                                                std::move(options), std::move(codec));
  if (!listed) {
    observed.unreadable.push_back("what is measured: " + listed.error().message);
    co_return Result<void>{};
  }
  for (const auto& use : listed->items)
    observed.measured.emplace(use->key, use->used);
  std::ranges::copy(listed->unreadable, std::back_inserter(observed.unreadable));
  co_return Result<void>{};
}

} // namespace

async::Task<Result<ObservedTop>> observe_top(kube::Client& client, TopOptions options,
                                             std::string ns) {
  ObservedTop observed;
  if (options.what == "pools") {
    BERTH_CO_CHECK(co_await list_into(client, kube::types::resource_pool(), observed.pools,
                                      observed.unreadable));
    co_return observed;
  }
  kube::ListOptions where;
  where.ns = ns;
  auto pods = co_await list_all<cluster::Pod>(client, kube::types::pod(), std::move(where),
                                              cluster::make_pod_codec());
  if (!pods)
    co_return fail(pods.error());
  observed.pods = std::move(pods->items);
  observed.unreadable = std::move(pods->unreadable);
  BERTH_CO_CHECK(co_await observe_measured(client, std::move(ns), observed));
  co_return observed;
}

} // namespace berth::cli
