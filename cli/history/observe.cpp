#include "cli/history/observe.hpp"

#include <iterator>
#include <utility>

#include "cli/listing.hpp"
#include "cli/queue/observe.hpp"
#include "lib/api/json_reading.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

using api::Json;

constexpr const char* kReporter = "berth.dev/operator";

Result<DecisionEvent> decode_event(const Json& object) {
  const Json about = object.value("regarding", Json::object());
  DecisionEvent event;
  event.at = parse_time(api::text_in(object, "eventTime")).value_or(TimePoint{});
  event.reporter = api::text_in(object, "reportingController");
  event.kind = api::text_in(about, "kind");
  event.namespace_name = api::text_in(about, "namespace");
  event.name = api::text_in(about, "name");
  event.uid = api::text_in(about, "uid");
  event.action = api::text_in(object, "action");
  event.reason = api::text_in(object, "reason");
  event.note = api::text_in(object, "note");
  return event;
}

} // namespace

async::Task<Result<ObservedHistory>> observe_history(kube::Client& client, std::string ns) {
  ObservedHistory observed;
  kube::ListOptions in_namespace;
  in_namespace.ns = std::move(ns);
  auto pods = co_await list_all<cluster::Pod>(client, kube::types::pod(), in_namespace,
                                              cluster::make_pod_codec());
  if (!pods)
    co_return fail(pods.error());
  if (pods->items.empty() && !in_namespace.ns.empty())
    BERTH_CO_CHECK(co_await observe_namespace(client, in_namespace.ns)); // or it is misspelt
  observed.pods = std::move(pods->items);
  std::ranges::move(pods->unreadable, std::back_inserter(observed.unreadable));
  auto codec = kube::make_json_codec<DecisionEvent>(kube::types::event(), decode_event);
  auto events = co_await list_all<DecisionEvent>(client, kube::types::event(), in_namespace,
                                                 std::move(codec));
  if (!events)
    co_return fail(events.error());
  for (const auto& event : events->items)
    if (event->reporter == kReporter)
      observed.events.push_back(*event);
  co_return observed;
}

} // namespace berth::cli
