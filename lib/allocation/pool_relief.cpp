#include "lib/allocation/pool_relief.hpp"

#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

void PoolRelief::note_leaving(const PodUid& pod, const resources::ResourceVector& amounts,
                              TimePoint now) {
  leaving_.try_emplace(pod, Leaving{amounts, now, std::nullopt});
}

void PoolRelief::settle(const ClusterSnapshot& snapshot, TimePoint measured_at, TimePoint now) {
  for (auto at = leaving_.begin(); at != leaving_.end();) {
    Leaving& leaving = at->second;
    const PodView* pod = snapshot.find_pod(at->first);
    const bool is_gone = pod == nullptr || pod->terminal;
    if (is_gone && !leaving.gone_at)
      leaving.gone_at = now;
    const bool is_over =
        is_gone ? measured_at > *leaving.gone_at + kSampleWindow : !pod->terminating;
    at = is_over ? leaving_.erase(at) : std::next(at);
  }
}

resources::ResourceVector PoolRelief::total(TimePoint now) const {
  resources::ResourceVector total;
  for (const auto& [pod, leaving] : leaving_)
    if (leaving.gone_at || now < leaving.since + kLeavingMax)
      total += leaving.amounts;
  return total;
}

} // namespace berth::allocation
