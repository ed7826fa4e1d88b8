#pragma once
// SchedulingQueue: kube-scheduler's queue of pods in its three parts: active (by priority, then
// age), backing off (1 s doubling to 10 s), and unschedulable until an event or five minutes. Gated
// pods are not in it at all.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"
#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

struct QueuedPod {
  std::string key; ///< "namespace/name"
  std::string uid;
  std::int64_t priority = 0;
  std::uint64_t arrival = 0;
  unsigned attempts = 0;
};

class SchedulingQueue {
public:
  /// A new pod, or one whose last gate went: to be tried at once.
  void add(const std::string& key, const Json& pod);
  void forget(const std::string& key) { entries_.erase(key); }
  [[nodiscard]] bool contains(const std::string& key) const { return entries_.contains(key); }

  /// Takes the next pod that is due; nothing when none is.
  [[nodiscard]] std::optional<QueuedPod> pop(SteadyPoint now);
  /// Puts a pod that found no node back until something changes.
  void park(QueuedPod pod, SteadyPoint now);
  /// Puts a pod whose attempt failed by an error back for its back-off.
  void back_off(QueuedPod pod, SteadyPoint now);
  /// Something changed that may make pods schedulable: parked ones go on after their back-off.
  void on_event(SteadyPoint now);
  /// How long until the next pod is due; `most` when none is.
  [[nodiscard]] Duration time_to_next(SteadyPoint now, Duration most) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
  struct Entry {
    QueuedPod pod;
    SteadyPoint due{};       ///< when it may be tried
    SteadyPoint parked_at{}; ///< of an unschedulable pod
    bool parked = false;
  };

  std::map<std::string, Entry> entries_;
  std::uint64_t arrivals_ = 0;
};

} // namespace berth::simulation
