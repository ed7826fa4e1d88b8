#include "operator/reservation/overrun_warner.hpp"

#include <utility>

namespace berth::op {

void OverrunWarner::report(const std::vector<allocation::OverrunWarning>& overruns) {
  std::set<PodUid> still;
  for (const auto& [reservation, pod] : overruns) {
    still.insert(pod->uid);
    if (told_.contains(pod->uid))
      continue;
    const kube::ObjectReference about{"v1", "Pod", kube::ObjectKey{pod->namespace_name, pod->name},
                                      pod->uid.str()};
    events_.record(about, kube::EventSeverity::Warning, Reason::WindowClosed, "Overrun",
                   "runs on after the window of Reservation " + reservation.str());
  }
  told_ = std::move(still);
}

} // namespace berth::op
