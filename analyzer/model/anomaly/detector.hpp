#pragma once
// Finds anomalies in a series while it comes in: looks at nothing later, uses one set of constants
// for all series, and rings once for what is one event. Knows no threshold of the resource: what is
// unusual may be harmless. For the advisor and the back-test.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "analyzer/model/anomaly/moments.hpp"
#include "analyzer/model/anomaly/novelty.hpp"

namespace berth::analyzer {

/// Far above the usual, far below it, or a usual value where or as it never came before.
enum class AnomalyKind { Spike, Drop, PatternDeviation };
[[nodiscard]] std::string_view to_string(AnomalyKind kind);

struct AnomalyVerdict {
  /// In standard deviations of what is normal for the series; 0 below the alarm level, and for what
  /// is part of an event that was told already.
  double score = 0;
  std::optional<AnomalyKind> alarm{}; ///< wherever there is a score
  double usual = 0;                   ///< the mean of the values before
  /// From what is normal, in the unit of the values: of the last moments, or of the last hour or
  /// two, whichever the score is of, from what was most alike before; z-score: from the mean.
  double difference = 0;
};

/// One event, one alarm: after a score of note others are kept back for a while, unless they are
/// far higher.
class AlarmGate {
public:
  explicit AlarmGate(double level) : level_(level) {}

  /// The score if it is news, else 0.
  double pass(double score);

  /// Kept back for so many steps.
  static constexpr std::size_t kQuietSteps = 100;
  /// Let through nevertheless if so many times what was let through last.
  static constexpr double kEscalation = 1.5;

private:
  double level_;
  std::size_t quiet_left_ = 0;
  double last_ = 0;
};

class AnomalyDetector {
public:
  virtual ~AnomalyDetector() = default;
  /// Takes in the next of evenly spaced values, which must be finite.
  virtual AnomalyVerdict add(double value) = 0;
};

/// Compares the last moments and the last hour or two with everything before (Novelty): finds
/// spikes, drops, and what is out of pattern without being either.
class NoveltyDetector final : public AnomalyDetector {
public:
  /// `memory`: how many steps it looks back, above 3 x kWindows.back(). Each keeps 24 bytes and
  /// costs about two nanoseconds per value.
  /// `alarm_level`: scores below are no news.
  explicit NoveltyDetector(std::size_t memory = kMemorySteps, double alarm_level = kAlarmLevel);

  AnomalyVerdict add(double value) override;

  static constexpr std::size_t kMemorySteps = 2016; ///< a week of 5-minute steps
  static constexpr std::size_t kWindows[] = {4, 24};
  /// docs/concepts/analyzer-models.md says what that comes to.
  static constexpr double kAlarmLevel = 2;

private:
  struct Scale {
    Novelty novelty;
    Moments distances;
  };
  std::vector<Scale> scales_;
  Moments values_;
  AlarmGate gate_;
};

/// The simple mode: how far a value is from the mean of those before, in standard deviations.
class ZScoreDetector final : public AnomalyDetector {
public:
  explicit ZScoreDetector(double alarm_level = kAlarmLevel);

  AnomalyVerdict add(double value) override;

  static constexpr double kAlarmLevel = 2.5;

private:
  Moments values_;
  AlarmGate gate_;
};

} // namespace berth::analyzer
