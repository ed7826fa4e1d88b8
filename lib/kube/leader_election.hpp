#pragma once
// Leader election by a Lease, with client-go's rules: expiry is judged by the local steady clock
// since the record last changed, renewal is a PUT with resourceVersion, and the lease is given back
// on a clean exit. It is no fence: every write of a leader still carries a precondition.
//
//   standby ──lease free, ours or expired: written──► leading ──stop──► released
//                                                        └──not renewed in time, or taken──► lost

#include <functional>
#include <string>

#include "lib/kube/client.hpp"

namespace berth::kube {

struct LeaderElectionOptions {
  ObjectKey lease;      ///< namespace and name of the Lease object
  std::string identity; ///< unique for each process: "<host>_<uuid>"
  Duration lease_duration = std::chrono::seconds{15};
  Duration renew_deadline = std::chrono::seconds{10};
  Duration retry_period = std::chrono::seconds{2};
};

/// All are called on the executor.
struct LeaderCallbacks {
  std::function<void()> on_started_leading;
  /// The lease is lost or given back; guarded work must have ended when this returns or the
  /// process must exit. Called at the deadline itself, even while a request hangs.
  std::function<void()> on_stopped_leading;
  std::function<void(const std::string& identity)> on_new_leader;
};

class LeaderElection {
public:
  /// lease_duration > renew_deadline > retry_period, or the lease could be lost while it is kept.
  LeaderElection(Client& client, async::Executor& executor, Rng rng, LeaderElectionOptions options,
                 LeaderCallbacks callbacks);
  ~LeaderElection();

  /// Tries to lead until `stop`; returns after the lease is lost once held, or given back. End all
  /// guarded work before requesting the stop: the lease is free for others at once.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// False from the moment that another may believe to lead, by this process's own clock.
  [[nodiscard]] bool is_leader() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::kube
