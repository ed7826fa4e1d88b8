#include "operator/failures/failure_watch.hpp"

#include <iterator>
#include <memory>
#include <utility>

namespace berth::op {

FailureWatch::FailureWatch(cluster::Observer& observer) : observer_(observer) {
  observer_.pods().listen([this](const auto& before, const auto& after) {
    if (listens_ && after && (!before || before->failure != after->failure))
      note(*after);
  });
}

void FailureWatch::recall() {
  noted_.clear();
  listens_ = true;
  for (const auto& [key, pod] : observer_.pods().items())
    note(*pod);
}

std::vector<allocation::SubjectFailure> FailureWatch::take() {
  std::vector<allocation::SubjectFailure> taken(std::make_move_iterator(noted_.begin()),
                                                std::make_move_iterator(noted_.end()));
  noted_.clear();
  return taken;
}

void FailureWatch::note(const cluster::Pod& pod) {
  if (!pod.failure || !pod.view.admission)
    return; // nothing failed, or Berth does not hold its like back
  noted_.push_back({pod.view.namespace_name + "/" + pod.view.service_account, pod.failure->at});
  if (noted_.size() > kFailuresMax)
    noted_.pop_front();
}

} // namespace berth::op
