// kube-scheduler's preemption by priority, and where the extender may veto it.

#include <algorithm>

#include <fmt/format.h>

#include "tests/support/simulation/scheduler.hpp"

namespace berth::simulation {
namespace {

/// Order of candidates: lowest top priority first, then lowest sum, then fewest victims.
struct Cost {
  std::int64_t top_priority = 0;
  std::int64_t priority_sum = 0;
  std::size_t count = 0;
  friend auto operator<=>(const Cost&, const Cost&) = default;
};

std::int64_t priority_of(const Json& pod) {
  return integer_at(pod, "/spec/priority");
}

} // namespace

Victims SimulatedScheduler::preemption_candidates(const Json& pod) const {
  Victims candidates;
  const Demand demand{pod, pod_requests(pod)};
  for (const auto& [name, room] : nodes_) {
    resources::ResourceVector used = used_on(name, pod);
    const auto failure = filter_node(demand, room, used);
    if (!failure || !failure->preemption_may_help)
      continue;
    std::vector<Object> lower;
    for (const auto& [key, other] : pods_)
      if (text_at(*other, "/spec/nodeName") == name && !is_terminated(*other) &&
          !is_going(*other) && priority_of(*other) < priority_of(pod))
        lower.push_back(other);
    for (const auto& victim : lower)
      used -= pod_requests(*victim);
    if (lower.empty() || filter_node(demand, room, used))
      continue;
    // Those that can stay, stay: the most important are put back first.
    std::stable_sort(lower.begin(), lower.end(), [](const Object& left, const Object& right) {
      return priority_of(*left) > priority_of(*right);
    });
    for (const auto& victim : lower) {
      const auto with = used + pod_requests(*victim);
      if (filter_node(demand, room, with))
        candidates[name].push_back(text_at(*victim, "/metadata/uid"));
      else
        used = with;
    }
  }
  return candidates;
}

async::Task<std::optional<std::string>> SimulatedScheduler::preempt(Json pod) {
  if (text_at(pod, "/spec/preemptionPolicy") == "Never")
    co_return std::nullopt;
  Victims candidates = preemption_candidates(pod);
  if (candidates.empty())
    co_return std::nullopt;
  if (extender_ && extender_->options().preempts && extender_->is_interested(pod)) {
    auto answer = co_await extender_->preempt(pod, candidates);
    if (answer)
      candidates = std::move(*answer);
    else if (!extender_->options().ignorable)
      co_return std::nullopt;
  }
  std::map<std::string, Object> by_uid;
  for (const auto& [key, other] : pods_)
    by_uid[text_at(*other, "/metadata/uid")] = other;
  std::optional<std::pair<Cost, std::string>> best;
  for (const auto& [node, uids] : candidates) {
    Cost cost;
    for (const auto& uid : uids) {
      const std::int64_t priority = by_uid.contains(uid) ? priority_of(*by_uid.at(uid)) : 0;
      cost.top_priority = cost.count == 0 ? priority : std::max(cost.top_priority, priority);
      cost.priority_sum += priority;
      ++cost.count;
    }
    if (cost.count > 0 && (!best || std::pair(cost, node) < *best))
      best = {cost, node};
  }
  if (!best)
    co_return std::nullopt;
  ++stats_.preemptions;
  for (const auto& uid : candidates.at(best->second)) {
    const Json& victim = *by_uid.at(uid);
    const Json options = {
        {"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"preconditions", {{"uid", uid}}}};
    const std::string target =
        fmt::format("/api/v1/namespaces/{}/pods/{}", text_at(victim, "/metadata/namespace"),
                    text_at(victim, "/metadata/name"));
    send("DELETE", target, options);
  }
  co_return best->second;
}

} // namespace berth::simulation
