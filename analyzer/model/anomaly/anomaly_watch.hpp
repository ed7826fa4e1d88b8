#pragma once
// AnomalyWatch: the detectors of the series that are judged, one for each. Each finished step is
// taken in once, with nothing of what comes later, and one event is told once. Bounded; what the
// past holds is learned and not told. For the advisor.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "analyzer/model/anomaly/detector.hpp"
#include "analyzer/model/series.hpp"

namespace berth::analyzer {

enum class AnomalyDetectorKind { Novelty, ZScore };

struct AnomalyOptions {
  AnomalyDetectorKind detector = AnomalyDetectorKind::Novelty;
  double z_score_threshold = ZScoreDetector::kAlarmLevel; ///< standard deviations; of ZScore only
};

struct AnomalyLimits {
  /// A novelty detector takes up 100 kB.
  std::size_t series_max = 128;
  /// Steps of the past that are learned in one cycle: of ten series of a week, some 60 ms.
  std::size_t steps_learned_max = 20'160;
};

/// One step that is not as usual.
struct Anomaly {
  AnomalyKind kind = AnomalyKind::Spike;
  TimePoint at{};   ///< when the step began
  double value = 0; ///< its mean
  double usual = 0; ///< the mean of the steps before
  double score = 0; ///< in standard deviations of what is normal for the series
};

class AnomalyWatch {
public:
  explicit AnomalyWatch(AnomalyOptions options = {}, AnomalyLimits limits = {})
      : options_(options), limits_(limits) {}

  void begin_cycle();
  /// Takes in the steps that were finished since the last call, and gives the first of them that is
  /// an anomaly. The first call of a series learns its past and tells nothing. `capacity`: in the
  /// unit of the series; 0: it has none.
  std::optional<Anomaly> look(const std::string& name, const Series& series, double capacity);
  /// Forgets the series that were not looked at since begin_cycle().
  void end_cycle();

  [[nodiscard]] std::size_t watched() const { return entries_.size(); }
  /// Series of this cycle that there is no room for.
  [[nodiscard]] std::size_t without_room() const { return without_room_; }

  /// Scores of the novelty detector below this are not told. A level that does not move, or a day
  /// like the others, comes to two false alarms in a hundred days at twice its noise.
  static constexpr double kNoveltyLevel = 4;
  /// A day must be known: until then every hour is new.
  static constexpr std::size_t kStepsMin = 288;
  /// What comes so soon after an alarm is of the same event, however high.
  static constexpr std::size_t kSameEventSteps = 24;
  /// A difference below this part of the usual value, or of the capacity, matters to nobody.
  static constexpr double kDifferenceOfUsualMin = 0.1;
  static constexpr double kDifferenceOfCapacityMin = 0.02;

private:
  struct Entry {
    std::unique_ptr<AnomalyDetector> detector{};
    TimePoint next{};      ///< the first step that was not taken in yet
    double last = 0;       ///< the value of the step before
    std::size_t steps = 0; ///< taken in
    std::size_t quiet = 0; ///< steps that are still of the last event
    bool is_looked_at = true;
  };

  [[nodiscard]] std::unique_ptr<AnomalyDetector> make_detector() const;
  std::optional<Anomaly> take(Entry& entry, const Aggregate& step, Duration length,
                              double capacity) const;
  void bridge(Entry& entry, TimePoint until, Duration length) const;

  AnomalyOptions options_;
  AnomalyLimits limits_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t without_room_ = 0;
  std::size_t steps_left_ = 0;
};

} // namespace berth::analyzer
