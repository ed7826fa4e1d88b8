#include "tests/support/simulation/disruption_controller.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tests/support/simulation/placement.hpp"
#include "tests/support/simulation/selector.hpp"

namespace berth::simulation {
namespace {

constexpr Duration kIdle = std::chrono::seconds{60};

const kube::ResourceType& budgets() {
  static const kube::ResourceType kType{"policy", "v1", "poddisruptionbudgets",
                                        "PodDisruptionBudget", true};
  return kType;
}

const kube::ResourceType& pods() {
  static const kube::ResourceType kType{"", "v1", "pods", "Pod", true};
  return kType;
}

bool is_ready(const Json& pod) {
  for (const auto& condition : at(pod, "/status/conditions"))
    if (text_at(condition, "/type") == "Ready")
      return text_at(condition, "/status") == "True";
  return false;
}

/// A number, or a percentage of `total`, rounded up.
std::int64_t count_of(const Json& value, std::int64_t total) {
  if (value.is_number_integer())
    return value.get<std::int64_t>();
  const std::int64_t percent = std::atoll(value.get<std::string>().c_str());
  return (total * percent + 99) / 100;
}

} // namespace

async::Task<void> SimulatedDisruptionController::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto changes = feed_.take();
    const bool concerned = std::any_of(changes.begin(), changes.end(), [](const Change& change) {
      return change.type.kind == "Pod" || change.type.kind == "PodDisruptionBudget";
    });
    if (concerned)
      reconcile_all();
    co_await feed_.wait(kIdle, stop);
  }
}

void SimulatedDisruptionController::reconcile_all() {
  for (const auto& entry : server_.state().store.list(budgets(), server_.revision()))
    reconcile(*entry.object);
}

void SimulatedDisruptionController::reconcile(const Json& budget) {
  const Json patch = {{"status", status_of(budget)}};
  const std::string target = budgets().object_path({text_at(budget, "/metadata/namespace"),
                                                    text_at(budget, "/metadata/name")}) +
                             "/status";
  http::Request request{"PATCH", target, {}, patch.dump()};
  request.headers.add("Content-Type", std::string(kMergePatch));
  request.headers.add("User-Agent", "kube-controller-manager");
  (void)server_.handle(request, "system:kube-controller-manager");
}

Json SimulatedDisruptionController::status_of(const Json& budget) const {
  const auto selector = LabelSelector::from_struct(at(budget, "/spec/selector"));
  const std::string prefix = text_at(budget, "/metadata/namespace") + "/";
  const Json& disrupted = at(budget, "/status/disruptedPods");
  std::int64_t expected = 0;
  std::int64_t healthy = 0;
  Json still_disrupted = Json::object();
  for (const auto& entry : server_.state().store.list(pods(), server_.revision(), prefix)) {
    if (!entry.key.starts_with(prefix))
      break;
    const Json& pod = *entry.object;
    if (!selector.matches(at(pod, "/metadata/labels")) || is_terminated(pod))
      continue;
    ++expected;
    const std::string name = text_at(pod, "/metadata/name");
    const bool going = is_going(pod);
    const bool announced = disrupted.is_object() && disrupted.contains(name);
    if (announced && !going)
      still_disrupted[name] = disrupted.at(name);
    if (is_ready(pod) && !going && !announced)
      ++healthy;
  }
  const Json& available = at(budget, "/spec/minAvailable");
  const Json& unavailable = at(budget, "/spec/maxUnavailable");
  const std::int64_t desired =
      !available.is_null() ? count_of(available, expected)
                           : std::max<std::int64_t>(0, expected - count_of(unavailable, expected));
  // In a merge patch only null takes away: those that have gone by name.
  for (const auto& [name, since] : disrupted.items())
    if (!still_disrupted.contains(name))
      still_disrupted[name] = nullptr;
  return {{"observedGeneration", integer_at(budget, "/metadata/generation")},
          {"expectedPods", expected},
          {"currentHealthy", healthy},
          {"desiredHealthy", desired},
          {"disruptionsAllowed", std::max<std::int64_t>(0, healthy - desired)},
          {"disruptedPods", std::move(still_disrupted)}};
}

} // namespace berth::simulation
