#include "analyzer/advise/bottleneck_board.hpp"

#include <cmath>

#include "analyzer/advise/decide_throttling.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

std::string note_of(const Bottleneck& one) {
  const auto amount = format_amount(one.resource, resources::Amount{std::llround(one.amount)});
  return "requests hold " + amount + " of " + std::string(one.resource.str()) +
         " more than is used with a fifth to spare, " +
         std::to_string(std::lround(100 * one.share)) +
         " % of the pool, while work waits; lower the requests of what runs there";
}

} // namespace

void BottleneckBoard::count(const Bottleneck& bottleneck) {
  ++counts_[static_cast<std::size_t>(bottleneck.kind)]
           [static_cast<std::size_t>(bottleneck.severity)];
}

void BottleneckBoard::add(const PoolFacts& facts) {
  for (const Bottleneck& one : facts.bottlenecks)
    count(one);
}

void BottleneckBoard::add(const WorkloadFacts& facts) {
  for (const ContainerThrottling& one : facts.throttlings)
    if (const auto bottleneck = throttling_bottleneck(one))
      count(*bottleneck);
}

void BottleneckBoard::show(telemetry::AnalyzerMetrics& metrics) const {
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (std::size_t severity = 0; severity < kSeverities; ++severity)
      metrics
          .bottlenecks(static_cast<telemetry::BottleneckLabel>(kind),
                       static_cast<telemetry::SeverityLabel>(severity))
          .set(counts_[kind][severity]);
}

std::vector<Notice> BottleneckBoard::news(const std::vector<PoolView>& pools,
                                          const std::vector<PoolFacts>& facts, TimePoint now) {
  std::vector<Notice> notices;
  std::erase_if(seen_, [now](const auto& one) { return now - one.second >= kSameFor; });
  for (std::size_t i = 0; i < pools.size(); ++i)
    for (const Bottleneck& one : facts[i].measures.bottlenecks) {
      if (one.kind != BottleneckKind::Allocation || one.severity == Severity::Low)
        continue;
      const api::ObjectMeta& pool = pools[i].pool->meta;
      const auto [place, is_new] =
          seen_.insert_or_assign(pool.uid + '/' + std::string(one.resource.str()), now);
      if (!is_new)
        continue;
      const kube::ResourceType& type = kube::types::resource_pool();
      notices.push_back({{type.api_version(), type.kind, pool.key(), pool.uid},
                         Reason::RequestsUnused,
                         note_of(one)});
    }
  return notices;
}

} // namespace berth::analyzer
