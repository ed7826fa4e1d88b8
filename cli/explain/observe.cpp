#include "cli/explain/observe.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "cli/cluster/request_priority.hpp"
#include "cli/listing.hpp"
#include "cli/queue/observe.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/json_reading.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "lib/cluster/request_units.hpp"

namespace berth::cli {
namespace {

using api::Json;
using PodPtr = std::shared_ptr<const cluster::Pod>;

async::Task<Result<void>> observe_pods(kube::Client& client, ObservedExplain& observed);
async::Task<Result<void>> observe_members(kube::Client& client, std::string gang,
                                          ObservedExplain& observed);
async::Task<Result<void>> observe_request(kube::Client& client, ObservedExplain& observed);
async::Task<Result<void>> observe_events(kube::Client& client, ObservedExplain& observed);

/// Sets `pod` and `members`; neither where nothing has the name.
async::Task<Result<void>> observe_pods(kube::Client& client, ObservedExplain& observed) {
  auto text = co_await client.get(kube::types::pod(), observed.subject);
  if (!text && text.error().code != Code::NotFound)
    co_return fail(text.error().while_doing("get pod " + to_string(observed.subject)));
  if (text) {
    BERTH_CO_TRY(observed.pod, cluster::decode_pod_text(std::move(*text)));
    if (!observed.pod->view.gang)
      co_return Result<void>{};
  }
  const std::string gang = observed.pod ? observed.pod->view.gang->name : observed.subject.name;
  co_return co_await observe_members(client, gang, observed);
}

async::Task<Result<void>> observe_members(kube::Client& client, std::string gang,
                                          ObservedExplain& observed) {
  kube::ListOptions in_namespace;
  in_namespace.ns = observed.subject.ns;
  auto pods = co_await list_all<cluster::Pod>(client, kube::types::pod(), in_namespace,
                                              cluster::make_pod_codec());
  if (!pods)
    co_return fail(pods.error());
  for (const PodPtr& pod : pods->items)
    if (pod->view.gang && pod->view.gang->name == gang)
      observed.members.push_back(pod);
  std::ranges::sort(observed.members, {},
                    [](const PodPtr& pod) { return std::tie(pod->view.created, pod->view.name); });
  co_return Result<void>{};
}

/// Sets `request`, and its units as members; neither where there is none of the name.
async::Task<Result<void>> observe_request(kube::Client& client, ObservedExplain& observed) {
  const auto text = co_await client.get(kube::types::allocation_request(), observed.subject);
  if (!text && text.error().code == Code::NotFound)
    co_return Result<void>{};
  if (!text)
    co_return fail(
        text.error().while_doing("get AllocationRequest " + to_string(observed.subject)));
  BERTH_CO_TRY(auto request, api::decode_text<api::AllocationRequest>(*text));
  const auto priorities = co_await list_into<cluster::PriorityClass>(
      client, kube::types::priority_class(), cluster::make_priority_class_codec(),
      observed.priorities, observed.unreadable);
  if (!priorities)
    observed.unreadable.push_back("the priority of the request: " + priorities.error().message);
  for (auto& unit : cluster::units_of(request, priority_of(request, observed.priorities))) {
    auto member = std::make_shared<cluster::Pod>();
    member->meta = request.meta;
    member->view = std::move(unit);
    observed.members.push_back(std::move(member));
  }
  observed.request = std::make_shared<const api::AllocationRequest>(std::move(request));
  co_return Result<void>{};
}

/// The newest of the times that an Event may carry.
TimePoint last_seen(const Json& event, const Json& series) {
  TimePoint newest{};
  for (const std::string& text :
       {api::text_in(event, "eventTime"), api::text_in(event, "deprecatedLastTimestamp"),
        api::text_in(series, "lastObservedTime")})
    if (const auto time = parse_time(text))
      newest = std::max(newest, *time);
  return newest;
}

Result<EventNote> decode_event(const Json& event) {
  const Json series = event.value("series", Json::object());
  EventNote note;
  note.at = last_seen(event, series);
  for (const auto& [object, name] :
       {std::pair{&event, "deprecatedCount"}, std::pair{&series, "count"}})
    if (const auto found = object->find(name); found != object->end() && found->is_number_integer())
      note.count = std::max(note.count, found->get<std::int64_t>());
  note.reason = api::text_in(event, "reason");
  note.note = api::text_in(event, "note");
  return note;
}

async::Task<Result<void>> observe_events(kube::Client& client, ObservedExplain& observed) {
  kube::ListOptions about;
  about.ns = observed.subject.ns;
  const api::ObjectMeta& meta = observed.request ? observed.request->meta
                                : observed.pod   ? observed.pod->meta
                                                 : observed.members.front()->meta;
  about.field_selector = "regarding.uid=" + meta.uid;
  auto codec = kube::make_json_codec<EventNote>(kube::types::event(), decode_event);
  auto events = co_await list_all<EventNote>(client, kube::types::event(), about, std::move(codec));
  if (!events && events.error().code == Code::Forbidden)
    co_return Result<void>{};
  if (!events)
    co_return fail(events.error());
  for (const auto& event : events->items)
    observed.events.push_back(*event);
  std::ranges::sort(observed.events, {}, [](const EventNote& event) {
    return std::tie(event.at, event.reason, event.note);
  });
  co_return Result<void>{};
}

} // namespace

async::Task<Result<ObservedExplain>> observe_explain(kube::Client& client,
                                                     kube::ObjectKey subject) {
  ObservedExplain observed;
  observed.subject = subject;
  BERTH_CO_CHECK(co_await observe_pods(client, observed));
  if (!observed.pod && observed.members.empty())
    BERTH_CO_CHECK(co_await observe_request(client, observed));
  BERTH_CO_TRY(observed.name_space, co_await observe_namespace(client, subject.ns));
  if (!observed.pod && observed.members.empty() && !observed.request)
    co_return fail(Code::NotFound, "there is neither a pod, a gang nor an AllocationRequest " +
                                       to_string(subject) + "; \"kubectl berth queue -n " +
                                       subject.ns + "\" shows who waits there");
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::quota(), observed.quotas, observed.unreadable));
  BERTH_CO_CHECK(co_await list_into(client, kube::types::resource_pool(), observed.pools,
                                    observed.unreadable));
  BERTH_CO_CHECK(co_await observe_events(client, observed));
  co_return observed;
}

} // namespace berth::cli
