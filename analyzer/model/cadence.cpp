#include "analyzer/model/cadence.hpp"

#include <algorithm>
#include <vector>

namespace berth::analyzer {
namespace {

template <class Durations>
Duration middle(const Durations& durations) {
  std::vector<Duration> sorted(durations.begin(), durations.end());
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, at);
  return *at;
}

} // namespace

void Cadence::add(std::span<const Duration> spacings) {
  if (spacings.empty())
    return;
  answers_.push_back(middle(spacings));
  if (answers_.size() > kAnswersMax)
    answers_.pop_front();
}

Duration Cadence::interval() const {
  const Duration learned = answers_.empty() ? kUnknown : std::min(middle(answers_), kMax);
  return std::max(asked_every_, learned);
}

} // namespace berth::analyzer
