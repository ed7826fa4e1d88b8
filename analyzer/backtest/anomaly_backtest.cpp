#include "analyzer/backtest/anomaly_backtest.hpp"

#include <functional>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/model/anomaly/detector.hpp"
#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

/// What a detector must beat: it rings by chance.
class RandomDetector final : public AnomalyDetector {
public:
  AnomalyVerdict add(double) override { return {rng_.unit(), std::nullopt}; }

private:
  Rng rng_{1};
};

struct Contender {
  std::string_view name;
  std::unique_ptr<AnomalyDetector> (*make)();
};

template <class Detector>
std::unique_ptr<AnomalyDetector> make() {
  return std::make_unique<Detector>();
}

constexpr Contender kContenders[] = {{"Novelty", make<NoveltyDetector>},
                                     {"ZScore", make<ZScoreDetector>},
                                     {"Random", make<RandomDetector>}};

std::vector<NabScored> run(std::span<const NabFile> files, const Contender& contender) {
  std::vector<NabScored> scored;
  for (const NabFile& file : files) {
    const auto detector = contender.make();
    auto& into = scored.emplace_back(NabScored{file.windows, {}});
    for (const double value : file.values)
      into.scores.push_back(detector->add(value).score);
  }
  return scored;
}

NabScores all_at(std::span<const NabScored> files, double threshold) {
  return {score_at(files, kNabStandard, threshold), score_at(files, kNabRewardLowFp, threshold),
          score_at(files, kNabRewardLowFn, threshold)};
}

NabScores each_best(std::span<const NabScored> files) {
  return {best_score(files, kNabStandard), best_score(files, kNabRewardLowFp),
          best_score(files, kNabRewardLowFn)};
}

std::vector<NabScored> every_other(std::span<const NabScored> files, std::size_t first) {
  std::vector<NabScored> half;
  for (std::size_t i = first; i < files.size(); i += 2)
    half.push_back(files[i]);
  return half;
}

std::string line_of(std::string_view name, const NabScores& scores) {
  return fmt::format("{:<26}{:>10.2f}{:>10.2f}{:>10.2f}{:>11.3f}\n", name, scores.standard.score,
                     scores.reward_low_fp.score, scores.reward_low_fn.score,
                     scores.standard.threshold);
}

nlohmann::json json_of(const NabScores& scores) {
  return {{"standard", scores.standard.score},
          {"rewardLowFP", scores.reward_low_fp.score},
          {"rewardLowFN", scores.reward_low_fn.score},
          {"threshold", scores.standard.threshold}};
}

} // namespace

AnomalyReport backtest_anomaly(std::span<const NabFile> files) {
  AnomalyReport report;
  report.files = files.size();
  for (const NabFile& file : files)
    report.windows += file.windows.size();
  for (const Contender& contender : kContenders) {
    auto scored = run(files, contender);
    auto& row = report.detectors.emplace_back();
    row.name = contender.name;
    row.own_thresholds = each_best(scored);
    const double threshold = row.own_thresholds.standard.threshold;
    row.one_threshold = all_at(scored, threshold);
    if (report.detectors.size() > 1)
      continue;
    report.as_shipped = all_at(scored, NoveltyDetector::kAlarmLevel);
    const auto tuned_on = every_other(scored, 0);
    const double level = best_score(tuned_on, kNabStandard).threshold;
    report.tuned_on = all_at(tuned_on, level);
    report.held_out = all_at(every_other(scored, 1), level);
    for (NabScored& file : scored)
      report.scores.push_back(std::move(file.scores));
  }
  return report;
}

std::string render_text(const AnomalyReport& report) {
  std::string text = fmt::format("{} files, {} windows\n\n{:<26}{:>10}{:>10}{:>10}{:>11}\n",
                                 report.files, report.windows, "ONE THRESHOLD FOR ALL", "STANDARD",
                                 "LOW FP", "LOW FN", "THRESHOLD");
  for (const DetectorRow& row : report.detectors)
    text += line_of(row.name, row.one_threshold);
  text += line_of("Null", {});
  text += fmt::format("\n{} at\n", report.detectors.front().name);
  text += line_of("the level it ships with", report.as_shipped);
  text += line_of("  constants fixed on", report.tuned_on);
  text += line_of("  held out", report.held_out);
  text += "\nA THRESHOLD FOR EACH PROFILE\n";
  for (const DetectorRow& row : report.detectors)
    text += line_of(row.name, row.own_thresholds);
  return text;
}

std::string render_json(const AnomalyReport& report) {
  nlohmann::json json = json_of(report.detectors.front().one_threshold);
  json["files"] = report.files;
  json["windows"] = report.windows;
  json["asShipped"] = json_of(report.as_shipped);
  json["constantsFixedOn"] = json_of(report.tuned_on);
  json["heldOut"] = json_of(report.held_out);
  json["detectors"] = nlohmann::json::array();
  for (const DetectorRow& row : report.detectors)
    json["detectors"].push_back({{"name", row.name},
                                 {"oneThreshold", json_of(row.one_threshold)},
                                 {"ownThresholds", json_of(row.own_thresholds)}});
  return json.dump(2) + "\n";
}

std::string render_scores(const NabFile& file, std::span<const double> scores) {
  std::string text = "timestamp,value,anomaly_score,label\n";
  for (std::size_t row = 0; row < scores.size(); ++row) {
    bool inside = false;
    for (const RowRange& window : file.windows)
      inside = inside || (window.first <= row && row <= window.last);
    text += fmt::format("{},{},{:.6f},{}\n", file.times[row], file.values[row],
                        scores[row] / (1 + scores[row]), inside ? 1 : 0);
  }
  return text;
}

} // namespace berth::analyzer
