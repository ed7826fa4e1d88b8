#include "tests/support/simulation/scheduler.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

constexpr const char* kUser = "system:kube-scheduler";
constexpr Duration kIdle = std::chrono::seconds{30};

std::string key_of(const Json& pod) {
  return text_at(pod, "/metadata/namespace") + "/" + text_at(pod, "/metadata/name");
}

std::string node_of(const Json& pod) {
  return text_at(pod, "/spec/nodeName");
}

bool is_gated(const Json& pod) {
  return !at(pod, "/spec/schedulingGates").empty();
}

/// Whether a pod's own change may make it schedulable; its status never does.
bool differs_for_scheduling(const Json& before, const Json& after) {
  return at(before, "/spec") != at(after, "/spec") ||
         at(before, "/metadata/labels") != at(after, "/metadata/labels");
}

} // namespace

SimulatedScheduler::SimulatedScheduler(SimulatedApiServer& server, SchedulerOptions options)
    : server_(server), options_(std::move(options)), rng_(options_.seed), feed_(server),
      bindings_(server.executor()) {
  if (options_.extender)
    extender_ = std::make_unique<ExtenderClient>(server.executor(), *options_.extender);
}

SimulatedScheduler::~SimulatedScheduler() = default;

async::Task<void> SimulatedScheduler::run(std::stop_token stop) {
  async::SimulatedExecutor& executor = server_.executor();
  while (!stop.stop_requested()) {
    observe();
    auto next = queue_.pop(executor.steady_now());
    if (next) {
      co_await async::sleep_for(executor, options_.attempt_time, stop);
      observe();
      co_await attempt(std::move(*next));
      continue;
    }
    const Duration idle = queue_.time_to_next(executor.steady_now(), kIdle);
    co_await feed_.wait(idle, stop);
  }
  co_await bindings_.join();
}

void SimulatedScheduler::observe() {
  bool event = false;
  for (const auto& change : feed_.take()) {
    if (change.type.kind == "Node") {
      const std::string name =
          text_at(change.after ? *change.after : *change.before, "/metadata/name");
      if (change.after)
        nodes_.insert_or_assign(name, read_node(change.after));
      else
        nodes_.erase(name);
      event = true;
    } else if (change.type.kind == "Pod") {
      observe_pod(change);
      const bool assigned = change.before && !node_of(*change.before).empty();
      event = event || (assigned && (!change.after || is_terminated(*change.after)));
    }
  }
  if (event)
    queue_.on_event(server_.executor().steady_now());
}

void SimulatedScheduler::observe_pod(const Change& change) {
  const std::string key = key_of(change.after ? *change.after : *change.before);
  nominated_.erase(key);
  if (!change.after) {
    pods_.erase(key);
    assumed_.erase(key);
    usage_.remove(key);
    queue_.forget(key);
    return;
  }
  const Json& pod = *change.after;
  const bool changed = !change.before || differs_for_scheduling(*change.before, pod);
  pods_[key] = change.after;
  if (is_terminated(pod))
    usage_.remove(key);
  else if (!node_of(pod).empty())
    usage_.place(key, node_of(pod), pod_requests(pod));
  if (!node_of(pod).empty())
    assumed_.erase(key);
  if (!is_mine(pod)) {
    queue_.forget(key);
    return;
  }
  if (!text_at(pod, "/status/nominatedNodeName").empty())
    nominated_[key] = change.after;
  if (changed && !assumed_.contains(key))
    queue_.add(key, pod);
}

bool SimulatedScheduler::is_mine(const Json& pod) const {
  return text_at(pod, "/spec/schedulerName") == options_.name && node_of(pod).empty() &&
         !is_gated(pod) && !is_going(pod) && !is_terminated(pod);
}

async::Task<void> SimulatedScheduler::attempt(QueuedPod queued) {
  const auto found = pods_.find(queued.key);
  if (found == pods_.end() || !is_mine(*found->second) ||
      text_at(*found->second, "/metadata/uid") != queued.uid)
    co_return;
  ++stats_.attempts;
  const Json pod = *found->second;
  const auto chosen = co_await choose(pod);
  const SteadyPoint now = server_.executor().steady_now();
  if (!chosen) {
    ++stats_.extender_failures;
    queue_.back_off(std::move(queued), now);
  } else if (*chosen) {
    assumed_[queued.key] = **chosen;
    usage_.place(queued.key, **chosen, pod_requests(pod));
    bindings_.spawn(bind(std::move(queued), pod, **chosen));
  } else {
    ++stats_.unschedulable;
    std::optional<std::string> nominated;
    if (options_.preempts)
      nominated = co_await preempt(pod);
    report_unschedulable(pod, nominated.value_or(""));
    queue_.park(std::move(queued), now);
  }
}

async::Task<Result<std::optional<std::string>>> SimulatedScheduler::choose(Json pod) {
  // A nominated node is tried alone first; an error there is only noted.
  const std::string nominated = text_at(pod, "/status/nominatedNodeName");
  if (nodes_.contains(nominated)) {
    Names alone(1, nominated);
    const auto passed = co_await feasible(pod, std::move(alone));
    if (passed && !passed->empty())
      co_return std::optional<std::string>(nominated);
  }
  const auto passed = co_await feasible(pod, node_names());
  if (!passed)
    co_return fail(passed.error());
  if (passed->empty())
    co_return std::optional<std::string>();
  if (passed->size() == 1)
    co_return std::optional<std::string>(passed->front());
  auto best = co_await best_of(pod, *passed);
  if (!best)
    co_return fail(best.error());
  co_return std::optional<std::string>(std::move(*best));
}

async::Task<Result<SimulatedScheduler::Names>> SimulatedScheduler::feasible(Json pod, Names among) {
  Names passed;
  const Demand demand{pod, pod_requests(pod)};
  for (const auto& name : among)
    if (!filter_node(demand, nodes_.at(name), used_on(name, pod)))
      passed.push_back(name);
  if (passed.empty() || !extender_ || !extender_->options().filters ||
      !extender_->is_interested(pod))
    co_return passed;
  auto answer = co_await extender_->filter(pod, passed);
  if (answer || !extender_->options().ignorable)
    co_return answer;
  ++stats_.extender_failures;
  co_return passed;
}

async::Task<Result<std::string>> SimulatedScheduler::best_of(Json pod, Names nodes) {
  std::map<std::string, std::int64_t> scores;
  const Demand demand{pod, pod_requests(pod)};
  for (const auto& name : nodes)
    scores[name] = score_node(demand, nodes_.at(name), used_on(name, pod));
  if (extender_ && extender_->options().prioritizes && extender_->is_interested(pod)) {
    const auto answer = co_await extender_->prioritize(pod, nodes);
    // An error while scoring is only noted: the extender's opinion is missing then.
    if (!answer)
      ++stats_.extender_failures;
    else
      for (const auto& [name, score] : *answer)
        if (scores.contains(name))
          scores[name] += score * 10 * extender_->options().weight;
  }
  Names best;
  for (const auto& [name, score] : scores) {
    if (!best.empty() && score > scores.at(best.front()))
      best.clear();
    if (best.empty() || score == scores.at(best.front()))
      best.push_back(name);
  }
  co_return best[rng_.below(best.size())];
}

async::Task<void> SimulatedScheduler::bind(QueuedPod queued, Json pod, std::string node) {
  Result<void> bound;
  const bool by_extender = extender_ && extender_->options().binds && extender_->is_interested(pod);
  if (by_extender)
    bound = co_await extender_->bind(pod, node);
  if (!by_extender || (!bound && extender_->options().ignorable))
    bound = co_await post_binding(pod, node);
  if (bound) {
    ++stats_.bound;
    co_return;
  }
  ++stats_.bind_failures;
  assumed_.erase(queued.key);
  observe();
  // A reply may be lost after a real bind: the informer knows.
  const auto found = pods_.find(queued.key);
  if (found == pods_.end() || !node_of(*found->second).empty())
    co_return;
  usage_.remove(queued.key);
  if (is_mine(*found->second))
    queue_.back_off(std::move(queued), server_.executor().steady_now());
}

async::Task<Result<void>> SimulatedScheduler::post_binding(Json pod, std::string node) {
  const std::string name = text_at(pod, "/metadata/name");
  const Json binding = {{"kind", "Binding"},
                        {"apiVersion", "v1"},
                        {"metadata", {{"name", name}, {"uid", text_at(pod, "/metadata/uid")}}},
                        {"target", {{"kind", "Node"}, {"name", node}}}};
  const std::string target = fmt::format("/api/v1/namespaces/{}/pods/{}/binding",
                                         text_at(pod, "/metadata/namespace"), name);
  const http::Response response = send("POST", target, binding);
  if (response.status != 201)
    co_return fail(Code::Conflict, response.body);
  co_return Result<void>{};
}

void SimulatedScheduler::report_unschedulable(const Json& pod, const std::string& nominated) {
  Json status = at(pod, "/status");
  Json conditions = Json::array();
  for (const auto& condition : at(status, "/conditions"))
    if (text_at(condition, "/type") != "PodScheduled")
      conditions.push_back(condition);
  conditions.push_back({{"type", "PodScheduled"},
                        {"status", "False"},
                        {"reason", "Unschedulable"},
                        {"message", fmt::format("0/{} nodes are available", nodes_.size())}});
  Json patch = {{"status", {{"conditions", std::move(conditions)}}}};
  if (!nominated.empty())
    patch["status"]["nominatedNodeName"] = nominated;
  const std::string target =
      fmt::format("/api/v1/namespaces/{}/pods/{}/status", text_at(pod, "/metadata/namespace"),
                  text_at(pod, "/metadata/name"));
  send("PATCH", target, patch);
}

resources::ResourceVector SimulatedScheduler::used_on(const std::string& node,
                                                      const Json& pod) const {
  resources::ResourceVector used = usage_.on(node);
  const std::string own = key_of(pod);
  const std::int64_t priority = integer_at(pod, "/spec/priority");
  for (const auto& [key, other] : nominated_)
    if (key != own && !assumed_.contains(key) &&
        text_at(*other, "/status/nominatedNodeName") == node &&
        integer_at(*other, "/spec/priority") >= priority)
      used += pod_requests(*other);
  return used;
}

SimulatedScheduler::Names SimulatedScheduler::node_names() const {
  Names names;
  for (const auto& [name, node] : nodes_)
    names.push_back(name);
  return names;
}

http::Response SimulatedScheduler::send(const std::string& method, const std::string& target,
                                        const Json& body) {
  http::Request request{method, target, {}, body.dump()};
  request.headers.add("Content-Type",
                      method == "PATCH" ? std::string(kMergePatch) : "application/json");
  request.headers.add("User-Agent", "kube-scheduler");
  return server_.handle(request, kUser);
}

} // namespace berth::simulation
