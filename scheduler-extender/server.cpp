#include "scheduler-extender/server.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/encode.hpp"
#include "scheduler-extender/preempt.hpp"
#include "scheduler-extender/prioritize.hpp"
#include "scheduler-extender/verb_spans.hpp"

namespace berth::extender {

using telemetry::CallOutcome;

/// One request on its way through a verb.
struct Router::Call {
  Verb verb;
  std::string id;
  SteadyPoint started;
  std::string body;
  std::optional<telemetry::SpanContext> caller{};
  std::optional<telemetry::Span> span{}; ///< of a pod that is traced
  CallOutcome outcome = CallOutcome::Ok;
  http::Response response{};

  void refuse(const Error& error);
};

namespace {

constexpr std::array<std::string_view, 4> kVerbPaths{"/filter", "/prioritize", "/preempt", "/bind"};

/// Buffers that a thread uses again for each of its requests. The verbs that use them never
/// suspend, so a thread has one request in them at a time.
struct Scratch {
  Decoder decoder;
  VerbScratch verbs;
  std::string memory; ///< a body that has been read, for the next answer

  /// More than kKeptBytesMax is given back.
  void keep(std::string body) {
    constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20U;
    if (body.capacity() <= kKeptBytesMax)
      memory = std::move(body);
  }
};

Scratch& scratch_of_this_thread() {
  thread_local Scratch scratch;
  return scratch;
}

http::Response text_response(int status, std::string text) {
  text += '\n';
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

http::Response json_response(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body)};
}

} // namespace

void Router::Call::refuse(const Error& error) {
  outcome = CallOutcome::Invalid;
  response = text_response(error.code == Code::TooLarge ? 413 : 400, error.message);
}

Router::Router(RouterOptions options, Backend backend, Instruments instruments)
    : options_(std::move(options)), backend_(std::move(backend)), metrics_(instruments.metrics),
      log_(std::move(instruments.log)), clock_(instruments.clock),
      tracer_(std::move(instruments.tracer)) {}

async::Task<http::Response> Router::handle(http::Request request) {
  const SteadyPoint started = clock_.steady_now();
  if (!serves(request.peer_common_name)) {
    note_stranger(request.peer_common_name);
    co_return text_response(403, "the client certificate's name is not on the list");
  }
  const std::optional<Verb> verb = verb_of(request.target);
  if (!verb)
    co_return text_response(404, "no such path");
  if (request.method != "POST") {
    http::Response refused = text_response(405, "the verbs of an extender are posted");
    refused.headers.add("Allow", "POST");
    co_return refused;
  }
  note_caller(request.peer_valid_until);
  Call call{*verb, request_id(request), started, std::move(request.body),
            caller_of(tracer_, request)};
  switch (*verb) {
  case Verb::Filter: filter(call); break;
  case Verb::Prioritize: prioritize(call); break;
  case Verb::Preempt: preempt(call); break;
  case Verb::Bind: co_await bind(call); break;
  }
  finish(call);
  co_return std::move(call.response);
}

bool Router::serves(const std::string& client_name) const {
  return options_.client_names.empty() ||
         std::ranges::find(options_.client_names, client_name) != options_.client_names.end();
}

/// A scheduler that is turned away calls for each pod: not every call is worth a line.
void Router::note_stranger(const std::string& client_name) {
  constexpr std::uint64_t kRefusalsPerLine = 1000;
  metrics_.callers_refused.add();
  if (strangers_.fetch_add(1, std::memory_order_relaxed) % kRefusalsPerLine == 0)
    log_.warn("Refused a caller whose name is not on the list", {{"client_name", client_name}});
}

void Router::note_caller(std::optional<TimePoint> valid_until) {
  if (!valid_until)
    return;
  std::int64_t soonest = soonest_caller_end_.load(std::memory_order_relaxed);
  const std::int64_t end = valid_until->time_since_epoch().count();
  while (end < soonest &&
         !soonest_caller_end_.compare_exchange_weak(soonest, end, std::memory_order_relaxed)) {
  }
}

std::optional<TimePoint> Router::take_soonest_caller_end() {
  const std::int64_t soonest = soonest_caller_end_.exchange(kNoCaller, std::memory_order_relaxed);
  if (soonest == kNoCaller)
    return std::nullopt;
  return TimePoint{Duration{soonest}};
}

std::optional<Router::Verb> Router::verb_of(std::string_view target) const {
  std::string_view path = http::path_of(target);
  if (!path.starts_with(options_.prefix))
    return std::nullopt;
  path.remove_prefix(options_.prefix.size());
  for (std::size_t i = 0; i < kVerbPaths.size(); ++i)
    if (path == kVerbPaths[i])
      return static_cast<Verb>(i);
  return std::nullopt;
}

/// The caller's, so that its log and ours can be laid side by side; else a number.
std::string Router::request_id(const http::Request& request) {
  const auto given = request.headers.find("X-Request-Id");
  if (given && !given->empty() && given->size() <= kRequestIdBytesMax)
    return std::string(*given);
  return std::to_string(requests_.fetch_add(1, std::memory_order_relaxed) + 1);
}

void Router::filter(Call& call) {
  Scratch& scratch = scratch_of_this_thread();
  const auto request = scratch.decoder.placement(call.body);
  if (!request)
    return call.refuse(request.error());
  const auto snapshot = backend_.snapshot();
  call.span = begin_span(tracer_, call.verb, *request->pod, snapshot.get());
  const FilterResult& result =
      extender::filter(*request, snapshot.get(), options_.filter, scratch.verbs);
  call.outcome = result.error.empty() ? CallOutcome::Ok : CallOutcome::Error;
  call.response = json_response(
      encode(result, request->node_names, request->names_text, std::move(scratch.memory)));
  count(result);
  if (call.span) {
    call.span->add("berth.nodes", request->node_names.size());
    add_result(*call.span, result);
  }
  log_.debug("Filtered nodes", {{"request_id", call.id},
                                {"pod", to_string(request->pod->meta.key())},
                                {"nodes", request->node_names.size()},
                                {"passed", result.passed.size()},
                                {"error", result.error}});
  scratch.keep(std::move(call.body));
}

void Router::prioritize(Call& call) {
  Scratch& scratch = scratch_of_this_thread();
  const auto request = scratch.decoder.placement(call.body);
  if (!request)
    return call.refuse(request.error());
  if (request->has_whole_nodes)
    return call.refuse({Code::Invalid, std::string(kWantsNames), {}});
  const auto snapshot = backend_.snapshot();
  call.span = begin_span(tracer_, call.verb, *request->pod, snapshot.get());
  const auto scores = extender::prioritize(*request, snapshot.get(), scratch.verbs);
  call.response = json_response(encode(scores, request->node_names, std::move(scratch.memory)));
  if (call.span)
    call.span->add("berth.nodes", request->node_names.size());
  log_.debug("Prioritized nodes", {{"request_id", call.id},
                                   {"pod", to_string(request->pod->meta.key())},
                                   {"nodes", request->node_names.size()}});
  scratch.keep(std::move(call.body));
}

void Router::preempt(Call& call) {
  const auto request = scratch_of_this_thread().decoder.preempt(call.body);
  if (!request)
    return call.refuse(request.error());
  const auto snapshot = backend_.snapshot();
  call.span = begin_span(tracer_, call.verb, *request->pod, snapshot.get());
  const PreemptResult result = extender::preempt(*request, snapshot.get());
  call.response = json_response(encode(result));
  if (call.span) {
    call.span->add("berth.nodes", request->nodes.size());
    call.span->add("berth.passed", result.nodes.size());
  }
  log_.debug("Judged a preemption", {{"request_id", call.id},
                                     {"pod", to_string(request->pod->meta.key())},
                                     {"nodes", request->nodes.size()},
                                     {"passed", result.nodes.size()}});
}

async::Task<void> Router::bind(Call& call) {
  if (call.body.size() > kBindBodyBytesMax) {
    call.refuse({Code::TooLarge, "the body is longer than 16 KiB", {}});
    co_return;
  }
  const Result<BindRequest> request = scratch_of_this_thread().decoder.bind(call.body);
  if (!request) {
    call.refuse(request.error());
    co_return;
  }
  const auto snapshot = tracer_.is_on() ? backend_.snapshot() : nullptr;
  call.span = begin_span(tracer_, *request, snapshot.get());
  const BindResult result = co_await backend_.bind(*request);
  call.response = json_response(encode(result));
  if (call.span)
    add_result(*call.span, result);
  if (result.error.empty())
    co_return;
  call.outcome = result.is_refusal ? CallOutcome::Refused : CallOutcome::Error;
  log_.warn("Did not bind a pod", {{"request_id", call.id},
                                   {"namespace", request->pod_namespace},
                                   {"pod", request->pod_name},
                                   {"node", request->node},
                                   {"refused", result.is_refusal},
                                   {"error", result.error}});
}

void Router::count(const FilterResult& result) const {
  std::array<std::size_t, telemetry::Label<Reason>::kCount> by_reason{};
  for (const Refusal& refusal : result.refused)
    ++by_reason[static_cast<std::size_t>(refusal.reason)];
  for (std::size_t i = 0; i < by_reason.size(); ++i)
    if (by_reason[i] > 0)
      metrics_.node_rejections(static_cast<Reason>(i)).add(static_cast<double>(by_reason[i]));
}

void Router::finish(Call& call) {
  const SteadyPoint ended = clock_.steady_now();
  const std::chrono::duration<double> took = ended - call.started;
  metrics_.request_duration_seconds(call.verb, call.outcome).observe(took.count());
  if (call.outcome == CallOutcome::Invalid)
    log_.warn("Refused a request that cannot be read",
              {{"request_id", call.id}, {"error", call.response.body}});
  finish_span(call, ended);
  call.response.headers.add("X-Request-Id", std::move(call.id));
}

void Router::finish_span(Call& call, SteadyPoint ended) {
  if (!call.span)
    return;
  telemetry::Span& span = *call.span;
  const auto outcome = static_cast<std::size_t>(call.outcome);
  span.add("berth.request_id", call.id);
  span.add("berth.result", std::string(telemetry::Label<CallOutcome>::value(outcome)));
  if (call.caller)
    span.links.push_back(*call.caller);
  span.start_unix_ns = tracer_.unix_ns(call.started);
  span.end_unix_ns = tracer_.unix_ns(ended);
  tracer_.record(std::move(span));
}

} // namespace berth::extender
