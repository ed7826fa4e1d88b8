#include "lib/allocation/pool_relief.hpp"

#include <algorithm>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

void PoolRelief::note_leaving(const PodView& pod, TimePoint now) {
  Leaving leaving{{}, pod.node, now, std::nullopt};
  if (pod.is_measurable())
    leaving.amounts = pod.requests();
  leaving_.try_emplace(pod.uid, std::move(leaving));
}

void PoolRelief::settle(const ClusterSnapshot& snapshot, const MeasuredUse* measured,
                        TimePoint now) {
  if (measured != nullptr && measured->oldest() != oldest_at_) {
    oldest_at_ = measured->oldest();
    seen_at_ = now;
  }
  for (auto at = leaving_.begin(); at != leaving_.end();) {
    Leaving& leaving = at->second;
    const PodView* pod = snapshot.find_pod(at->first);
    const bool is_gone = pod == nullptr || pod->terminal;
    if (is_gone && !leaving.gone_at)
      leaving.gone_at = now;
    const bool stays = !is_gone && !pod->terminating;
    at = stays || is_over(leaving, now) ? leaving_.erase(at) : std::next(at);
  }
}

bool PoolRelief::is_over(const Leaving& leaving, TimePoint now) const {
  return leaving.gone_at && (std::min(oldest_at_, seen_at_) > *leaving.gone_at + kSampleWindow ||
                             now > *leaving.gone_at + kLeavingMax);
}

resources::ResourceVector PoolRelief::total(const MeasuredUse& measured, TimePoint now) const {
  resources::ResourceVector total;
  for (const auto& [pod, leaving] : leaving_)
    if (measured.is_of(leaving.node) && (leaving.gone_at || now < leaving.since + kLeavingMax))
      total += leaving.amounts;
  return total;
}

} // namespace berth::allocation
