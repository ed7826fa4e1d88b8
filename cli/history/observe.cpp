#include "cli/history/observe.hpp"

#include <iterator>
#include <utility>

#include "cli/listing.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

using api::Json;

constexpr const char* kReporter = "berth.dev/operator";

std::string text_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<DecisionEvent> decode_event(const Json& object) {
  const Json about = object.value("regarding", Json::object());
  DecisionEvent event;
  event.at = parse_time(text_at(object, "eventTime")).value_or(TimePoint{});
  event.reporter = text_at(object, "reportingController");
  event.kind = text_at(about, "kind");
  event.namespace_name = text_at(about, "namespace");
  event.name = text_at(about, "name");
  event.uid = text_at(about, "uid");
  event.action = text_at(object, "action");
  event.reason = text_at(object, "reason");
  event.note = text_at(object, "note");
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
