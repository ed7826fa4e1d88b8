#pragma once
// BottleneckBoard: the bottlenecks of one cycle, counted for the metric, and those that no
// recommendation can be made for told once. Decides nothing.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "analyzer/advise/decide_workload.hpp"
#include "analyzer/advise/notice.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::analyzer {

class BottleneckBoard {
public:
  void begin_cycle() { counts_ = {}; }
  void add(const PoolFacts& facts);
  void add(const WorkloadFacts& facts);
  void show(telemetry::AnalyzerMetrics& metrics) const;
  /// Requests that hold much of a pool and are not used, while work waits: whose they are is for
  /// people to say, since no policy names all that runs there. Told when it begins; what was over
  /// for less than kSameFor goes on.
  [[nodiscard]] std::vector<Notice> news(const std::vector<PoolView>& pools,
                                         const std::vector<PoolFacts>& facts, TimePoint now);

  static constexpr Duration kSameFor = std::chrono::hours{1};

private:
  void count(const Bottleneck& bottleneck);

  static constexpr std::size_t kKinds = telemetry::Label<telemetry::BottleneckLabel>::kCount;
  static constexpr std::size_t kSeverities = telemetry::Label<telemetry::SeverityLabel>::kCount;
  std::array<std::array<int, kSeverities>, kKinds> counts_{};
  std::map<std::string, TimePoint> seen_; ///< by pool and resource: when it was last so
};

} // namespace berth::analyzer
