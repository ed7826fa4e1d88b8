#include "tests/support/simulation/extender_client.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "tests/support/simulation/wakeup.hpp"

namespace berth::simulation {
namespace {

constexpr std::int64_t kScoreMax = 10;

/// The answer, which may come after the caller has given up.
struct Reply {
  explicit Reply(async::Executor& executor) : wakeup(executor) {}
  Wakeup wakeup;
  std::optional<http::Response> response{};
};

async::Task<void> ask(http::Handler handler, http::Request request, std::shared_ptr<Reply> reply) {
  reply->response = co_await handler(std::move(request));
  reply->wakeup.notify();
}

/// Objects come from typed informers: without kind and apiVersion.
Json wire_object(Json object) {
  object.erase("kind");
  object.erase("apiVersion");
  return object;
}

Json args_of(const Json& pod, const std::vector<std::string>& nodes) {
  return {{"Pod", wire_object(pod)}, {"Nodes", nullptr}, {"NodeNames", nodes}};
}

/// A non-empty Error field fails the call.
Result<Json> without_error(Json answer) {
  if (const auto error = text_at(answer, "/Error"); !error.empty())
    return fail(Code::Internal, error);
  return answer;
}

} // namespace

bool ExtenderClient::is_interested(const Json& pod) const {
  if (options_.managed_resources.empty())
    return true;
  for (const auto* list : {"/spec/containers", "/spec/initContainers"})
    for (const auto& container : at(pod, list))
      for (const auto& name : options_.managed_resources)
        for (const auto* part : {"requests", "limits"}) {
          const Json& amounts = at(container, fmt::format("/resources/{}", part));
          if (amounts.is_object() && amounts.contains(name))
            return true;
        }
  return false;
}

async::Task<Result<std::vector<std::string>>>
ExtenderClient::filter(Json pod, std::vector<std::string> nodes) {
  const Json args = args_of(pod, nodes);
  const auto answer = co_await call("filter", args);
  if (!answer)
    co_return fail(answer.error());
  std::vector<std::string> passed;
  for (const auto& name : at(*answer, "/NodeNames")) {
    passed.push_back(name.get<std::string>());
    if (std::find(nodes.begin(), nodes.end(), passed.back()) == nodes.end())
      co_return fail(Code::Invalid,
                     "extender claims a filtered node which is not found: " + passed.back());
  }
  co_return passed;
}

async::Task<Result<std::map<std::string, std::int64_t>>>
ExtenderClient::prioritize(Json pod, std::vector<std::string> nodes) {
  const Json args = args_of(pod, nodes);
  const auto answer = co_await call("prioritize", args);
  if (!answer)
    co_return fail(answer.error());
  std::map<std::string, std::int64_t> scores;
  for (const auto& host : *answer) {
    const std::int64_t score = integer_at(host, "/Score", -1);
    if (score < 0 || score > kScoreMax)
      co_return fail(Code::Invalid, "an extender's score must be 0 to 10");
    scores[text_at(host, "/Host")] = score;
  }
  co_return scores;
}

async::Task<Result<void>> ExtenderClient::bind(Json pod, std::string node) {
  const Json args = {{"PodName", text_at(pod, "/metadata/name")},
                     {"PodNamespace", text_at(pod, "/metadata/namespace")},
                     {"PodUID", text_at(pod, "/metadata/uid")},
                     {"Node", node}};
  const auto answer = co_await call("bind", args);
  if (!answer)
    co_return fail(answer.error());
  co_return Result<void>{};
}

async::Task<Result<Victims>> ExtenderClient::preempt(Json pod, Victims candidates) {
  Json meta = Json::object();
  for (const auto& [node, uids] : candidates) {
    Json pods = Json::array();
    for (const auto& uid : uids)
      pods.push_back({{"UID", uid}});
    meta[node] = {{"Pods", std::move(pods)}, {"NumPDBViolations", 0}};
  }
  const Json args = {{"Pod", wire_object(pod)},
                     {"NodeNameToVictims", nullptr},
                     {"NodeNameToMetaVictims", std::move(meta)}};
  const auto answer = co_await call("preempt", args);
  if (!answer)
    co_return fail(answer.error());
  Victims kept;
  for (const auto& [node, victims] : at(*answer, "/NodeNameToMetaVictims").items()) {
    const auto candidate = candidates.find(node);
    if (candidate == candidates.end() || !victims.is_object())
      co_return fail(Code::Invalid, "the extender named a node that is no candidate: " + node);
    for (const auto& victim : at(victims, "/Pods")) {
      const std::string uid = text_at(victim, "/UID");
      const auto& known = candidate->second;
      if (std::find(known.begin(), known.end(), uid) == known.end())
        co_return fail(Code::Invalid, "extender claims to preempt a pod not found on the node");
      kept[node].push_back(uid);
    }
  }
  co_return kept;
}

async::Task<Result<Json>> ExtenderClient::call(std::string verb, Json args) {
  const auto reply = std::make_shared<Reply>(executor_);
  http::Request request{"POST", options_.prefix + "/" + verb, {}, args.dump()};
  request.headers.add("Content-Type", "application/json");
  async::spawn(executor_, ask(options_.handler, std::move(request), reply));
  const std::stop_token never;
  const SteadyPoint deadline = executor_.clock().steady_now() + options_.timeout;
  while (!reply->response && executor_.clock().steady_now() < deadline)
    co_await reply->wakeup.wait_for(
        std::chrono::ceil<Duration>(deadline - executor_.clock().steady_now()), never);
  if (!reply->response)
    co_return fail(Code::Timeout, "the extender did not answer " + verb + " in time");
  if (reply->response->status != 200)
    co_return fail(Code::Internal, fmt::format("the extender answered {} with code {}", verb,
                                               reply->response->status));
  Json answer = Json::parse(reply->response->body, nullptr, false);
  if (answer.is_discarded())
    co_return fail(Code::Invalid, "the extender's answer to " + verb + " is not JSON");
  co_return without_error(std::move(answer));
}

} // namespace berth::simulation
