#pragma once
// Assumptions: what this program has written (or is writing) to pods and the watch has not shown
// yet. kube-scheduler's cache has the same three steps:
//
//   assume() ──► write fails ──► forget()
//      │
//      └──► the watch shows it, or something that rules it out ──► confirmed, dropped
//
// While an assumption stands, the ledger counts it, so that two decisions never promise the same
// room, whatever older events of the pod still arrive. An admission is believed while its write
// waits for its turn, is under way, or has certainly taken effect: then the watch will show it, and
// be it by the next audit. One whose reply was lost runs out, since nothing may have been written.

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/base/clock.hpp"

namespace berth::cluster {

class Assumptions {
public:
  /// How long an unconfirmed binding or eviction is believed.
  explicit Assumptions(Duration believed_for) : believed_for_(believed_for) {}

  /// The pod is admitted by `record` and our gate is gone: until confirm_by() sets an end.
  void assume_admitted(const PodUid& pod, allocation::AdmissionRecord record);
  /// The pod is bound to `node`.
  void assume_bound(const PodUid& pod, NodeName node, SteadyPoint now);
  /// Its eviction was accepted: it is being deleted. Also of a pod that is bound.
  void assume_evicted(const PodUid& pod, SteadyPoint now);
  /// The write may have failed: what is assumed of the pod runs out at `end` unless confirmed.
  void confirm_by(const PodUid& pod, SteadyPoint end);
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
    bool is_evicted = false;
    SteadyPoint expires;
  };
  std::map<PodUid, Assumed> by_pod_;
  Duration believed_for_;
};

} // namespace berth::cluster
