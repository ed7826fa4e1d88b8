#pragma once
// Assumptions: what this program has written (or is writing) to pods and the watch has not shown
// yet. kube-scheduler's cache has the same three steps:
//
//   assume() ──► write fails ──► forget()
//      │
//      └──► the watch shows it, or something that rules it out ──► confirmed, dropped
//
// While an assumption stands, the ledger counts it, so that two decisions never promise the same
// room, whatever older events of the pod still arrive. One that is neither confirmed nor forgotten
// runs out, since a lost reply may mean that nothing was written.

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/base/clock.hpp"

namespace berth::cluster {

class Assumptions {
public:
  /// How long an unconfirmed assumption is believed.
  explicit Assumptions(Duration believed_for) : believed_for_(believed_for) {}

  /// The pod is admitted by `record` and our gate is gone.
  void assume_admitted(const PodUid& pod, allocation::AdmissionRecord record, SteadyPoint now);
  /// The pod is bound to `node`.
  void assume_bound(const PodUid& pod, NodeName node, SteadyPoint now);
  /// The write failed for certain. False if there was nothing to forget.
  bool forget(const PodUid& pod);

  /// The view as it will be once what is assumed has come true. Drops what the view confirms.
  [[nodiscard]] allocation::PodView apply(allocation::PodView seen);
  /// Pods whose assumption has run out by `now`, which are forgotten by this call.
  [[nodiscard]] std::vector<PodUid> take_expired(SteadyPoint now);
  [[nodiscard]] std::size_t size() const { return by_pod_.size(); }

private:
  struct Assumed {
    std::optional<allocation::AdmissionRecord> admission;
    NodeName node;
    SteadyPoint expires;
  };
  std::map<PodUid, Assumed> by_pod_;
  Duration believed_for_;
};

} // namespace berth::cluster
