#pragma once
// Bottlenecks: what holds work of a pool back, resource by resource: too little of it, too much of
// it promised and unused, too many at the same of it, free in pieces too small, or throttled. Each
// says how bad it is, in numbers, and what would resolve it. Decides nothing. For the advisor.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/resources/resource_name.hpp"

namespace berth::analyzer {

enum class BottleneckKind { Capacity, Allocation, Contention, Fragmentation, Throttling };
[[nodiscard]] std::string_view to_string(BottleneckKind kind);

enum class Severity { Low, Medium, High, Critical };
[[nodiscard]] std::string_view to_string(Severity severity);

/// One resource of a node, in base units.
struct NodeLoad {
  double allocatable = 0;
  double allocated = 0; ///< the sum of the requests that run there
  double used = 0;      ///< measured
  std::int32_t pods = 0;
};

/// One resource of a pool.
struct ResourceLoad {
  resources::ResourceName resource{""};
  std::vector<NodeLoad> nodes{};
  std::vector<double> waiting{}; ///< what each pod that waits asks for
  double foreseen_peak = 0;      ///< of use, within the horizon; 0 if nothing is foreseen
  double throttled_share = 0;    ///< 0..1 of the periods in which a container was held back
};

/// What is to be done, and how much of it.
struct Resolution {
  enum class What { AddCapacity, LowerRequests, RaiseRequests, Spread, Defragment, RaiseLimits };
  What what = What::AddCapacity;
  double amount = 0; ///< base units; Spread and Defragment: nodes; RaiseLimits: percent
};
[[nodiscard]] std::string_view to_string(Resolution::What what);

struct Bottleneck {
  BottleneckKind kind = BottleneckKind::Capacity;
  resources::ResourceName resource{""};
  Severity severity = Severity::Low;
  double amount = 0;          ///< of the resource that is missing, idle or not to be had
  double share = 0;           ///< of capacity (Throttling: of periods) that is concerned, 0 and up
  std::int32_t concerned = 0; ///< pods that wait, or nodes that are too full
  std::vector<Resolution> resolutions{}; ///< best first; never empty
  std::string message{};
};

/// The worst first; the same load gives the same answer.
[[nodiscard]] std::vector<Bottleneck> find_bottlenecks(std::span<const ResourceLoad> loads);

} // namespace berth::analyzer
