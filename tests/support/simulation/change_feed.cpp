#include "tests/support/simulation/change_feed.hpp"

#include "lib/base/ensure.hpp"

namespace berth::simulation {

ChangeFeed::ChangeFeed(SimulatedApiServer& server)
    : server_(server), cache_(WatchCache::create(server)),
      wakeup_(std::make_shared<Wakeup>(server.executor())) {
  cache_->follow(wakeup_);
}

std::vector<Change> ChangeFeed::take() {
  const Revision visible = cache_->visible();
  const VersionedStore& store = server_.state().store;
  std::vector<Change> changes;
  if (!started_) {
    changes = take_all();
  } else {
    ensure(position_ >= store.compacted(), "a simulated controller slept longer than history");
    for (auto index = store.first_after(position_);
         index < store.changes().size() && store.changes()[index].revision <= visible; ++index)
      changes.push_back(store.changes()[index]);
  }
  started_ = true;
  position_ = visible;
  return changes;
}

std::vector<Change> ChangeFeed::take_all() const {
  std::vector<Change> changes;
  for (const auto& resource : server_.state().registry.all())
    for (auto& entry : server_.state().store.list(resource->type, cache_->visible()))
      changes.push_back({cache_->visible(), resource->type, nullptr, std::move(entry.object)});
  return changes;
}

async::Task<bool> ChangeFeed::wait(Duration span, std::stop_token stop) {
  return wakeup_->wait_for(span, std::move(stop));
}

} // namespace berth::simulation
