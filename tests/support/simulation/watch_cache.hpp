#pragma once
// WatchCache: one API server's view of the storage, which may lag behind it or stand still. Reads
// at resourceVersion 0 and watches are served from it; consistent reads and writes are not.

#include <memory>
#include <vector>

#include "tests/support/simulation/api_server.hpp"
#include "tests/support/simulation/wakeup.hpp"

namespace berth::simulation {

class WatchCache : public std::enable_shared_from_this<WatchCache> {
public:
  /// Follows the server from now on.
  [[nodiscard]] static std::shared_ptr<WatchCache> create(SimulatedApiServer& server);

  /// The newest revision seen.
  [[nodiscard]] Revision visible() const { return visible_; }
  /// Writes become visible so much later.
  void set_lag(Duration lag) { lag_ = lag; }
  /// While held, nothing becomes visible: a server cut off from its storage.
  void hold(bool held);
  /// Is told of everything that becomes visible, as long as it lives.
  void follow(const std::shared_ptr<Wakeup>& follower) { followers_.push_back(follower); }
  void wake_followers();

private:
  explicit WatchCache(SimulatedApiServer& server);
  void on_write();
  void advance(Revision revision);

  SimulatedApiServer& server_;
  Revision visible_;
  Duration lag_{0};
  bool held_ = false;
  std::vector<std::weak_ptr<Wakeup>> followers_;
};

} // namespace berth::simulation
