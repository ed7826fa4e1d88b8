#pragma once
// SimulatedKubelet: all nodes' kubelets in one: bound pods start after a while, run for their
// annotated seconds (kRunSecondsAnnotation) or for ever, end within their grace period when
// deleted, and are refused (OutOfcpu, ...) where the node has no room, as a real kubelet refuses
// what a scheduler overcommitted. Resized pods get their new amounts.

#include <map>
#include <set>
#include <string>

#include "lib/async/task_group.hpp"
#include "tests/support/simulation/change_feed.hpp"
#include "tests/support/simulation/node_usage.hpp"
#include "tests/support/simulation/placement.hpp"

namespace berth::simulation {

struct KubeletOptions {
  Duration start_time{500};
  /// How long a pod takes to end when asked; never longer than its grace period.
  Duration stop_time{1000};
};

struct KubeletStats {
  std::size_t started = 0;
  std::size_t finished = 0;
  std::size_t stopped = 0;
  /// Pods that did not fit their node: somebody allocated twice.
  std::size_t refused = 0;
};

class SimulatedKubelet {
public:
  SimulatedKubelet(SimulatedApiServer& server, KubeletOptions options = {});

  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  [[nodiscard]] const KubeletStats& stats() const { return stats_; }
  /// A dead node's pods neither start nor end until it is revived.
  void set_dead(const std::string& node, bool dead);

private:
  void observe();
  void observe_pod(const Change& change);
  [[nodiscard]] async::Task<void> start(std::string key, std::string uid);
  [[nodiscard]] async::Task<void> finish(std::string key, std::string uid, Duration after);
  [[nodiscard]] async::Task<void> end(std::string key, std::string uid, Duration after);

  /// The pod of that key and uid as it is now, if its node lives.
  [[nodiscard]] Object current(const std::string& key, const std::string& uid) const;
  /// Why the pod does not fit its node, as a pod's status.reason; "" if it does.
  [[nodiscard]] std::string obstacle(const std::string& key, const Json& pod);
  void write_status(const Json& pod, const Json& status);
  void follow_resize(const Json& pod);
  http::Response send(const Json& pod, const std::string& method, const std::string& suffix,
                      const Json& body);

  SimulatedApiServer& server_;
  KubeletOptions options_;
  ChangeFeed feed_;
  async::TaskGroup tasks_;
  NodeUsage usage_; ///< of pods that their nodes have accepted
  std::map<std::string, Room> nodes_;
  std::set<std::string> starting_; ///< uids of pods seen on their nodes
  std::set<std::string> ending_;   ///< uids of pods being ended
  std::set<std::string> dead_;
  KubeletStats stats_;
};

} // namespace berth::simulation
