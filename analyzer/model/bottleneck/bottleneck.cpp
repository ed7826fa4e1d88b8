#include "analyzer/model/bottleneck/bottleneck.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace berth::analyzer {
namespace {

/// Requests this full leave no room for others.
constexpr double kAllocatedFull = 0.9;
/// What is used of them, if they were honest, is at least this.
constexpr double kUsedOfAllocatedMin = 0.5;
/// Requests should be this much above use.
constexpr double kHeadroom = 1.2;
/// A node used this much, by several pods, makes them wait for each other.
constexpr double kNodeContended = 0.9;
constexpr std::int32_t kContendersMin = 2;
/// Throttled less than this nobody notices.
constexpr double kThrottledMin = 0.05;
/// Capacity is wanted for a use of this share, so that a peak has room.
constexpr double kTargetUse = 0.8;

/// Sums over the nodes and the waiting.
struct Totals {
  double capacity = 0;
  double allocated = 0;
  double used = 0;
  double free = 0;
  double largest_free = 0;
  double waiting = 0;
  std::int32_t pods_waiting = 0;
};

Totals totals_of(const ResourceLoad& load) {
  Totals totals;
  for (const NodeLoad& node : load.nodes) {
    const double free = std::max(node.allocatable - node.allocated, 0.0);
    totals.capacity += node.allocatable;
    totals.allocated += node.allocated;
    totals.used += node.used;
    totals.free += free;
    totals.largest_free = std::max(totals.largest_free, free);
  }
  for (const double demand : load.waiting)
    totals.waiting += demand;
  totals.pods_waiting = static_cast<std::int32_t>(load.waiting.size());
  return totals;
}

/// By the share of capacity that is concerned.
Severity severity_of(double share) {
  if (share >= 0.5)
    return Severity::Critical;
  if (share >= 0.25)
    return Severity::High;
  return share >= 0.1 ? Severity::Medium : Severity::Low;
}

std::string text_of(const char* format, double first, double second) {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), format, first, second);
  return text.data();
}

Bottleneck found(BottleneckKind kind, const ResourceLoad& load, double amount, double share) {
  Bottleneck bottleneck;
  bottleneck.kind = kind;
  bottleneck.resource = load.resource;
  bottleneck.amount = amount;
  bottleneck.share = share;
  bottleneck.severity = severity_of(share);
  return bottleneck;
}

/// More is wanted than there is: by what waits, or by the use that is foreseen.
void add_capacity(std::vector<Bottleneck>& all, const ResourceLoad& load, const Totals& totals) {
  const double short_of_waiting = totals.waiting - totals.free;
  const double short_of_peak = load.foreseen_peak - totals.capacity;
  const double missing = std::max(short_of_waiting, short_of_peak);
  if (missing <= 0)
    return;
  auto one = found(BottleneckKind::Capacity, load, missing, missing / totals.capacity);
  one.concerned = totals.pods_waiting;
  const double wanted =
      std::max(short_of_waiting, load.foreseen_peak / kTargetUse - totals.capacity);
  one.resolutions = {{Resolution::What::AddCapacity, wanted}};
  one.message =
      text_of("%.4g more is wanted than there is, %.0f %% of capacity", missing, 100 * one.share);
  all.push_back(std::move(one));
}

/// Promised and not used, while others wait.
void add_allocation(std::vector<Bottleneck>& all, const ResourceLoad& load, const Totals& totals) {
  const bool is_full = totals.allocated >= kAllocatedFull * totals.capacity;
  const double idle = totals.allocated - kHeadroom * totals.used;
  if (!is_full || totals.used >= kUsedOfAllocatedMin * totals.allocated || idle <= 0)
    return;
  auto one = found(BottleneckKind::Allocation, load, idle, idle / totals.capacity);
  one.concerned = totals.pods_waiting;
  if (totals.pods_waiting == 0)
    one.severity = Severity::Low; // nobody is held back by it
  one.resolutions = {{Resolution::What::LowerRequests, idle}};
  one.message =
      text_of("requests hold %.4g that is not used, %.0f %% of capacity", idle, 100 * one.share);
  all.push_back(std::move(one));
}

/// Several pods on a node that is used up, while others have room.
void add_contention(std::vector<Bottleneck>& all, const ResourceLoad& load, const Totals& totals) {
  double contended = 0;
  double above = 0;
  double beyond_requests = 0;
  std::int32_t nodes = 0;
  for (const NodeLoad& node : load.nodes) {
    if (node.pods < kContendersMin || node.used < kNodeContended * node.allocatable)
      continue;
    contended += node.allocatable;
    above += node.used - kTargetUse * node.allocatable;
    beyond_requests += std::max(node.used - node.allocated, 0.0);
    ++nodes;
  }
  if (nodes == 0)
    return;
  auto one = found(BottleneckKind::Contention, load, above, contended / totals.capacity);
  one.concerned = nodes;
  if (beyond_requests > 0)
    one.resolutions.push_back({Resolution::What::RaiseRequests, beyond_requests});
  if (totals.used < kTargetUse * totals.capacity)
    one.resolutions.push_back({Resolution::What::Spread, static_cast<double>(nodes)});
  else
    one.resolutions.push_back(
        {Resolution::What::AddCapacity, totals.used / kTargetUse - totals.capacity});
  one.message = text_of("%.0f nodes are used up by pods that share them, %.0f %% of capacity",
                        static_cast<double>(nodes), 100 * one.share);
  all.push_back(std::move(one));
}

/// Enough is free for a pod that waits, but not on one node.
void add_fragmentation(std::vector<Bottleneck>& all, const ResourceLoad& load,
                       const Totals& totals) {
  double scattered = 0;
  std::int32_t pods = 0;
  for (const double demand : load.waiting)
    if (demand > totals.largest_free && demand <= totals.free) {
      scattered = std::max(scattered, demand);
      ++pods;
    }
  if (pods == 0)
    return;
  auto one = found(BottleneckKind::Fragmentation, load, totals.free, totals.free / totals.capacity);
  one.concerned = pods;
  // The fewest nodes whose free pieces, put together, hold the largest of them.
  std::vector<double> pieces;
  for (const NodeLoad& node : load.nodes)
    pieces.push_back(std::max(node.allocatable - node.allocated, 0.0));
  std::ranges::sort(pieces, std::ranges::greater{});
  double gathered = 0;
  std::size_t nodes = 0;
  while (nodes < pieces.size() && gathered < scattered)
    gathered += pieces[nodes++];
  one.resolutions = {{Resolution::What::Defragment, static_cast<double>(nodes)},
                     {Resolution::What::AddCapacity, scattered - totals.largest_free}};
  one.message =
      text_of("%.4g is free, but at most %.4g on one node", totals.free, totals.largest_free);
  all.push_back(std::move(one));
}

void add_throttling(std::vector<Bottleneck>& all, const ResourceLoad& load) {
  if (load.throttled_share < kThrottledMin)
    return;
  auto one = found(BottleneckKind::Throttling, load, load.throttled_share, load.throttled_share);
  // What was held back in a share s of the time needs about s / (1 - s) more.
  const double share = std::min(load.throttled_share, 0.9);
  one.resolutions = {{Resolution::What::RaiseLimits, std::ceil(100 * share / (1 - share))}};
  one.message = text_of("held back in %.0f %% of periods; limits %.0f %% higher would end it",
                        100 * load.throttled_share, one.resolutions.front().amount);
  all.push_back(std::move(one));
}

} // namespace

std::string_view to_string(BottleneckKind kind) {
  switch (kind) {
  case BottleneckKind::Capacity: return "Capacity";
  case BottleneckKind::Allocation: return "Allocation";
  case BottleneckKind::Contention: return "Contention";
  case BottleneckKind::Fragmentation: return "Fragmentation";
  case BottleneckKind::Throttling: return "Throttling";
  }
  return "";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::Low: return "Low";
  case Severity::Medium: return "Medium";
  case Severity::High: return "High";
  case Severity::Critical: return "Critical";
  }
  return "";
}

std::string_view to_string(Resolution::What what) {
  switch (what) {
  case Resolution::What::AddCapacity: return "AddCapacity";
  case Resolution::What::LowerRequests: return "LowerRequests";
  case Resolution::What::RaiseRequests: return "RaiseRequests";
  case Resolution::What::Spread: return "Spread";
  case Resolution::What::Defragment: return "Defragment";
  case Resolution::What::RaiseLimits: return "RaiseLimits";
  }
  return "";
}

std::vector<Bottleneck> find_bottlenecks(std::span<const ResourceLoad> loads) {
  std::vector<Bottleneck> all;
  for (const ResourceLoad& load : loads) {
    const Totals totals = totals_of(load);
    if (totals.capacity > 0) {
      add_capacity(all, load, totals);
      add_allocation(all, load, totals);
      add_contention(all, load, totals);
      add_fragmentation(all, load, totals);
    }
    add_throttling(all, load);
  }
  std::ranges::stable_sort(all, [](const Bottleneck& one, const Bottleneck& other) {
    return std::pair(one.severity, one.share) > std::pair(other.severity, other.share);
  });
  return all;
}

} // namespace berth::analyzer
