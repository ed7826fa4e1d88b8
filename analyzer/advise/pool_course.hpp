#pragma once
// PoolCourse: how the use of one pool went, as series of what its nodes used together.

#include "analyzer/advise/settings.hpp"
#include "analyzer/model/pool_usage.hpp"
#include "analyzer/model/series.hpp"

namespace berth::analyzer {

class PoolCourse {
public:
  explicit PoolCourse(const AdvisorOptions& options);

  /// Adds what was measured, if enough nodes were; otherwise the time stays a gap. `interval` is
  /// how often the source measures.
  void record(const PoolUsage& usage, Duration interval, TimePoint now);

  /// In millicores and in bytes.
  [[nodiscard]] const Series& cpu() const { return cpu_; }
  [[nodiscard]] const Series& memory() const { return memory_; }

private:
  std::int32_t coverage_percent_min_;
  Series cpu_;
  Series memory_;
};

} // namespace berth::analyzer
