#pragma once
// RunLearner: what pods that say nothing of their duration are planned with (B2), learned from
// those of their family that ended. For StateFeed only.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "lib/allocation/run_times.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/store.hpp"

namespace berth::cluster {

class RunLearner {
public:
  using Item = kube::Store<Pod>::Item;

  /// A managed pod came or changed.
  void note(const Item& before, const Item& after);
  /// The same of many that were not known before: those that ended come first, in their order.
  void note_all(std::vector<Item> pods);
  /// It is gone, or managed no more.
  void forget(const Pod& pod);

  /// Only grows: the first runs of a kind that end are its shortest, and planned starts behind it
  /// would come and go with every run that ends.
  [[nodiscard]] std::optional<Duration> planned_with(const PodUid& pod) const;
  /// Pods that were noted before anything was known of their family, and now it is. Each once.
  [[nodiscard]] std::vector<PodUid> take_answered();

private:
  void note_end(const allocation::RunFamily& family, const Pod& pod);
  void note_question(const allocation::RunFamily& family, const PodUid& pod);

  allocation::RunTimes times_;
  std::map<PodUid, Duration> planned_; ///< of pods that have not ended
  std::map<allocation::RunFamily, std::set<PodUid>> unanswered_;
  std::vector<PodUid> answered_;
};

} // namespace berth::cluster
