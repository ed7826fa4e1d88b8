#include "tests/support/simulation/kubelet.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/builders.hpp"

namespace berth::simulation {
namespace {

constexpr Duration kIdle = std::chrono::seconds{60};

std::string key_of(const Json& pod) {
  return text_at(pod, "/metadata/namespace") + "/" + text_at(pod, "/metadata/name");
}

std::string node_of(const Json& pod) {
  return text_at(pod, "/spec/nodeName");
}

Json ready_conditions(const Json& pod, bool ready, const std::string& now) {
  Json conditions = Json::array();
  for (const auto& condition : at(pod, "/status/conditions"))
    if (text_at(condition, "/type") != "Ready" && text_at(condition, "/type") != "ContainersReady")
      conditions.push_back(condition);
  for (const auto* type : {"Ready", "ContainersReady"})
    conditions.push_back(
        {{"type", type}, {"status", ready ? "True" : "False"}, {"lastTransitionTime", now}});
  return conditions;
}

Json container_statuses(const Json& pod) {
  Json statuses = Json::array();
  for (const auto& container : at(pod, "/spec/containers"))
    statuses.push_back({{"name", text_at(container, "/name")},
                        {"image", text_at(container, "/image")},
                        {"imageID", ""},
                        {"ready", true},
                        {"restartCount", 0},
                        {"resources", at(container, "/resources")},
                        {"allocatedResources", at(container, "/resources/requests")}});
  return statuses;
}

} // namespace

SimulatedKubelet::SimulatedKubelet(SimulatedApiServer& server, KubeletOptions options)
    : server_(server), options_(options), feed_(server), tasks_(server.executor()) {}

async::Task<void> SimulatedKubelet::run(std::stop_token stop) {
  const std::stop_callback forward(stop, [this] { tasks_.request_stop(); });
  while (!stop.stop_requested()) {
    observe();
    co_await feed_.wait(kIdle, stop);
  }
  co_await tasks_.join();
}

void SimulatedKubelet::set_dead(const std::string& node, bool dead) {
  if (dead) {
    dead_.insert(node);
    return;
  }
  dead_.erase(node);
  // What was missed is taken up as if the kubelet had just started.
  starting_.clear();
  ending_.clear();
  const kube::ResourceType pods{"", "v1", "pods", "Pod", true};
  for (const auto& entry : server_.state().store.list(pods, server_.revision()))
    observe_pod({0, pods, nullptr, entry.object});
}

void SimulatedKubelet::observe() {
  for (const auto& change : feed_.take()) {
    if (change.type.kind == "Node" && change.after)
      nodes_.insert_or_assign(text_at(*change.after, "/metadata/name"), read_node(change.after));
    if (change.type.kind == "Pod" && change.type.group.empty())
      observe_pod(change);
  }
}

void SimulatedKubelet::observe_pod(const Change& change) {
  if (!change.after || is_terminated(*change.after)) {
    usage_.remove(key_of(change.after ? *change.after : *change.before));
    if (!change.after)
      return;
  }
  const Json& pod = *change.after;
  const std::string uid = text_at(pod, "/metadata/uid");
  if (node_of(pod).empty() || dead_.contains(node_of(pod)))
    return;
  if (is_going(pod)) {
    const Duration grace =
        std::chrono::seconds{integer_at(pod, "/metadata/deletionGracePeriodSeconds")};
    if (ending_.insert(uid).second)
      tasks_.spawn(end(key_of(pod), uid, std::min(grace, options_.stop_time)));
    return;
  }
  if (text_at(pod, "/status/phase") == "Pending" && starting_.insert(uid).second)
    tasks_.spawn(start(key_of(pod), uid));
  if (text_at(pod, "/status/phase") == "Running")
    follow_resize(pod);
}

async::Task<void> SimulatedKubelet::start(std::string key, std::string uid) {
  const bool passed =
      co_await async::sleep_for(server_.executor(), options_.start_time, tasks_.stop_token());
  const Object pod = passed ? current(key, uid) : nullptr;
  if (!pod || is_going(*pod))
    co_return;
  const std::string now = format_time(server_.executor().now());
  if (const std::string why = obstacle(key, *pod); !why.empty()) {
    ++stats_.refused;
    const Json refused = {{"phase", "Failed"},
                          {"reason", why},
                          {"message", "Pod was rejected: Node didn't have enough resource"}};
    write_status(*pod, refused);
    co_return;
  }
  ++stats_.started;
  const Json status = {{"phase", "Running"},
                       {"startTime", now},
                       {"conditions", ready_conditions(*pod, true, now)},
                       {"containerStatuses", container_statuses(*pod)}};
  write_status(*pod, status);
  const Json& annotations = at(*pod, "/metadata/annotations");
  const std::string seconds =
      annotations.is_object() ? annotations.value(kRunSecondsAnnotation, "") : "";
  if (!seconds.empty())
    tasks_.spawn(finish(key, uid, std::chrono::seconds{std::atoll(seconds.c_str())}));
}

async::Task<void> SimulatedKubelet::finish(std::string key, std::string uid, Duration after) {
  const bool passed = co_await async::sleep_for(server_.executor(), after, tasks_.stop_token());
  const Object pod = passed ? current(key, uid) : nullptr;
  if (!pod || is_terminated(*pod))
    co_return;
  ++stats_.finished;
  const std::string now = format_time(server_.executor().now());
  const Json status = {{"phase", "Succeeded"}, {"conditions", ready_conditions(*pod, false, now)}};
  write_status(*pod, status);
}

async::Task<void> SimulatedKubelet::end(std::string key, std::string uid, Duration after) {
  const bool passed = co_await async::sleep_for(server_.executor(), after, tasks_.stop_token());
  const Object pod = passed ? current(key, uid) : nullptr;
  if (!pod)
    co_return;
  ++stats_.stopped;
  const std::string now = format_time(server_.executor().now());
  if (!is_terminated(*pod)) {
    const Json status = {{"phase", "Failed"}, {"conditions", ready_conditions(*pod, false, now)}};
    write_status(*pod, status);
  }
  const Json options = {{"kind", "DeleteOptions"},
                        {"apiVersion", "v1"},
                        {"gracePeriodSeconds", 0},
                        {"preconditions", {{"uid", uid}}}};
  send(*pod, "DELETE", "", options);
}

Object SimulatedKubelet::current(const std::string& key, const std::string& uid) const {
  auto pod = server_.state().store.get({"", "v1", "pods", "Pod", true}, key);
  const bool same = pod && text_at(*pod, "/metadata/uid") == uid;
  return same && !dead_.contains(node_of(*pod)) ? pod : nullptr;
}

std::string SimulatedKubelet::obstacle(const std::string& key, const Json& pod) {
  const auto node = nodes_.find(node_of(pod));
  if (node == nodes_.end())
    return "NodeAffinity";
  const auto asked = pod_requests(pod);
  const auto room = node->second.allocatable - usage_.on(node->first);
  if (const auto missing = asked.first_short(room))
    return fmt::format("OutOf{}", missing->str());
  usage_.place(key, node->first, asked);
  return "";
}

void SimulatedKubelet::follow_resize(const Json& pod) {
  const Json wanted = container_statuses(pod);
  const Json& have = at(pod, "/status/containerStatuses");
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    const std::string pointer = fmt::format("/{}/resources", index);
    if (at(wanted, pointer) == at(have, pointer))
      continue;
    usage_.place(key_of(pod), node_of(pod), pod_requests(pod));
    const Json status = {{"containerStatuses", wanted}};
    write_status(pod, status);
    return;
  }
}

void SimulatedKubelet::write_status(const Json& pod, const Json& status) {
  const Json patch = {{"status", status}};
  send(pod, "PATCH", "/status", patch);
}

http::Response SimulatedKubelet::send(const Json& pod, const std::string& method,
                                      const std::string& suffix, const Json& body) {
  const std::string target =
      fmt::format("/api/v1/namespaces/{}/pods/{}{}", text_at(pod, "/metadata/namespace"),
                  text_at(pod, "/metadata/name"), suffix);
  http::Request request{method, target, {}, body.dump()};
  request.headers.add("Content-Type",
                      method == "PATCH" ? std::string(kMergePatch) : "application/json");
  request.headers.add("User-Agent", "kubelet");
  return server_.handle(request, "system:node:" + node_of(pod));
}

} // namespace berth::simulation
