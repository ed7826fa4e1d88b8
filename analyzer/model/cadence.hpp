#pragma once
// Cadence: how often a source has something new, learned from the times of what it gave. Asking it
// more often does not make samples missing; staleness and coverage are counted in its own beat.

#include <cstddef>
#include <deque>
#include <span>

#include "lib/base/clock.hpp"

namespace berth::analyzer {

class Cadence {
public:
  /// `asked_every` is how often the source is asked; it is never taken to be faster than that.
  explicit Cadence(Duration asked_every) : asked_every_(asked_every) {}

  /// Takes in one answer: for each sample that was newer than the last one of the same thing, the
  /// time between the two. An answer with nothing new is no answer.
  void add(std::span<const Duration> spacings);

  /// The beat: the middle of the last answers, so that one outage does not change it. Until
  /// something is known, that of a metrics-server with its default settings.
  [[nodiscard]] Duration interval() const;

  static constexpr Duration kUnknown = std::chrono::seconds{60};
  static constexpr Duration kMax = std::chrono::minutes{10};
  static constexpr std::size_t kAnswersMax = 9;

private:
  Duration asked_every_;
  std::deque<Duration> answers_; ///< the median spacing of each of the last answers
};

} // namespace berth::analyzer
