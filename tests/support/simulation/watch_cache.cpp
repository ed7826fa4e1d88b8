#include "tests/support/simulation/watch_cache.hpp"

#include <algorithm>

namespace berth::simulation {

WatchCache::WatchCache(SimulatedApiServer& server) : server_(server), visible_(server.revision()) {}

std::shared_ptr<WatchCache> WatchCache::create(SimulatedApiServer& server) {
  std::shared_ptr<WatchCache> cache(new WatchCache(server));
  server.state().listeners.push_back([weak = std::weak_ptr(cache)] {
    if (const auto alive = weak.lock())
      alive->on_write();
  });
  return cache;
}

void WatchCache::hold(bool held) {
  held_ = held;
  if (!held)
    on_write();
}

void WatchCache::on_write() {
  if (held_)
    return;
  if (lag_ <= Duration{0}) {
    advance(server_.revision());
    return;
  }
  server_.executor().post_after(lag_, [weak = weak_from_this(), revision = server_.revision()] {
    if (const auto alive = weak.lock(); alive && !alive->held_)
      alive->advance(revision);
  });
}

void WatchCache::advance(Revision revision) {
  visible_ = std::max(visible_, revision);
  wake_followers();
}

void WatchCache::wake_followers() {
  std::erase_if(followers_, [](const auto& follower) { return follower.expired(); });
  for (const auto& follower : followers_)
    if (const auto alive = follower.lock())
      alive->notify();
}

} // namespace berth::simulation
