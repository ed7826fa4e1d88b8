#include "lib/cluster/run_learner.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "lib/cluster/run_family.hpp"

namespace berth::cluster {

using allocation::RunFamily;

void RunLearner::note(const Item& before, const Item& after) {
  const allocation::PodView& view = after->view;
  const RunFamily family = run_family_of(*after);
  if (before && run_family_of(*before) != family) // it was resized
    forget(*before);
  if (family.kind.empty())
    return;
  if (view.terminal) {
    if (!before || !before->view.terminal)
      note_end(family, *after);
    return;
  }
  if (view.started)
    times_.begin(family, view.uid, *view.started);
  if (!view.planned_duration())
    note_question(family, view.uid);
}

void RunLearner::note_all(std::vector<Item> pods) {
  std::ranges::stable_sort(pods, {}, [](const Item& pod) {
    return std::tuple(!pod->view.terminal, pod->ended.value_or(TimePoint::max()));
  });
  for (const Item& pod : pods)
    note(nullptr, pod);
}

void RunLearner::note_end(const RunFamily& family, const Pod& pod) {
  if (pod.view.succeeded && pod.view.started && pod.ended)
    times_.end(family, pod.view.uid, *pod.view.started, *pod.ended);
  forget(pod);
  const auto waiting = unanswered_.find(family);
  if (waiting == unanswered_.end() || !times_.expected(family))
    return;
  answered_.insert(answered_.end(), waiting->second.begin(), waiting->second.end());
  unanswered_.erase(waiting);
}

void RunLearner::note_question(const RunFamily& family, const PodUid& pod) {
  const auto expected = times_.expected(family);
  if (!expected) {
    if (!planned_.contains(pod))
      unanswered_[family].insert(pod);
    return;
  }
  Duration& planned = planned_[pod];
  planned = std::max(planned, *expected);
}

void RunLearner::forget(const Pod& pod) {
  const RunFamily family = run_family_of(pod);
  times_.drop(family, pod.view.uid);
  planned_.erase(pod.view.uid);
  const auto waiting = unanswered_.find(family);
  if (waiting == unanswered_.end())
    return;
  waiting->second.erase(pod.view.uid);
  if (waiting->second.empty())
    unanswered_.erase(waiting);
}

std::optional<Duration> RunLearner::planned_with(const PodUid& pod) const {
  const auto found = planned_.find(pod);
  return found != planned_.end() ? std::optional(found->second) : std::nullopt;
}

std::vector<PodUid> RunLearner::take_answered() {
  return std::exchange(answered_, {});
}

} // namespace berth::cluster
