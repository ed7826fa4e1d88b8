#pragma once
// SimulatedScheduler: kube-scheduler as far as Berth meets it: a queue with back-off, one pod at a
// time through in-tree filters, the extender's filter and prioritize, assumed pods, binding (by the
// extender where it binds), nominated nodes, and preemption of lower priorities with the
// extender's veto. The extender is asked in the wire format through an http::Handler.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/async/task_group.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/simulation/change_feed.hpp"
#include "tests/support/simulation/extender_client.hpp"
#include "tests/support/simulation/node_usage.hpp"
#include "tests/support/simulation/placement.hpp"
#include "tests/support/simulation/scheduling_queue.hpp"

namespace berth::simulation {

struct SchedulerOptions {
  std::string name = "default-scheduler";
  std::optional<ExtenderOptions> extender{};
  /// Simulated time of one attempt.
  Duration attempt_time{2};
  bool preempts = true;
  std::uint64_t seed = 1;
};

struct SchedulerStats {
  std::size_t attempts = 0;
  std::size_t bound = 0;
  std::size_t bind_failures = 0;
  std::size_t unschedulable = 0;
  std::size_t extender_failures = 0;
  std::size_t preemptions = 0;
};

class SimulatedScheduler {
public:
  SimulatedScheduler(SimulatedApiServer& server, SchedulerOptions options);
  ~SimulatedScheduler();

  /// Schedules until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  [[nodiscard]] const SchedulerStats& stats() const { return stats_; }
  /// For lag and hold of what the scheduler sees.
  [[nodiscard]] WatchCache& cache() { return feed_.cache(); }

private:
  using Names = std::vector<std::string>;

  void observe();
  void observe_pod(const Change& change);
  [[nodiscard]] bool is_mine(const Json& pod) const;

  [[nodiscard]] async::Task<void> attempt(QueuedPod queued);
  /// The node to bind to; nothing where none passed. An error fails the attempt.
  [[nodiscard]] async::Task<Result<std::optional<std::string>>> choose(Json pod);
  [[nodiscard]] async::Task<Result<Names>> feasible(Json pod, Names among);
  [[nodiscard]] async::Task<Result<std::string>> best_of(Json pod, Names nodes);
  [[nodiscard]] async::Task<void> bind(QueuedPod queued, Json pod, std::string node);
  [[nodiscard]] async::Task<Result<void>> post_binding(Json pod, std::string node);
  /// Evicts for the pod where that makes room; answers the node nominated.
  [[nodiscard]] async::Task<std::optional<std::string>> preempt(Json pod);
  [[nodiscard]] Victims preemption_candidates(const Json& pod) const;
  void report_unschedulable(const Json& pod, const std::string& nominated);

  /// What the pods on a node count for, those assumed there included, and those nominated to it
  /// with at least the pod's priority.
  [[nodiscard]] resources::ResourceVector used_on(const std::string& node, const Json& pod) const;
  [[nodiscard]] Names node_names() const;
  http::Response send(const std::string& method, const std::string& target, const Json& body);

  SimulatedApiServer& server_;
  SchedulerOptions options_;
  Rng rng_;
  ChangeFeed feed_;
  std::unique_ptr<ExtenderClient> extender_;
  async::TaskGroup bindings_;
  SchedulingQueue queue_;
  std::map<std::string, Room> nodes_;
  std::map<std::string, Object> pods_;         ///< all pods, by "namespace/name"
  std::map<std::string, std::string> assumed_; ///< node by pod key, until the watch shows it
  std::map<std::string, Object> nominated_;    ///< pods without a node that are promised one
  NodeUsage usage_;
  SchedulerStats stats_;
};

} // namespace berth::simulation
