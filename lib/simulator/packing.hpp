#pragma once
// Packing: how much of a cluster's devices a placement strategy can fill, by the method of Weng et
// al. ("Beware of Fragmentation", USENIX ATC 2023): the pods of a trace arrive in shuffled order,
// pods of the trace are drawn again until what was asked for reaches the load, nobody leaves, and a
// pod that finds no place is lost. It places through WorkloadPlacer, as admissions do. Pure; files
// and seeds are the caller's.

#include <cstdint>
#include <vector>

#include "lib/allocation/node.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/allocation/strategy_params.hpp"

namespace berth::simulator {

struct PackingInput {
  /// Names do not matter: nodes are named anew in an order drawn by the seed, because ties end at
  /// names.
  std::vector<allocation::NodeView> nodes{};
  /// The trace's pods in its order; equal shapes should be shared.
  std::vector<allocation::ShapePtr> pods{};
};

struct PackingOptions {
  allocation::Strategy strategy = allocation::Strategy::FragmentationAware;
  allocation::StrategyParams params{};
  /// Devices asked for by all arrivals, in percent of those that there are; at least 1.
  std::int64_t load_percent = 130;
  std::uint64_t seed = 0;
};

/// Device amounts in thousandths of a device.
struct PackingResult {
  std::uint64_t seed = 0;
  std::int64_t capacity_milli = 0;
  std::int64_t requested_milli = 0;
  std::int64_t allocated_milli = 0;
  /// No strategy allocates more: the arrivals may be chosen and cut at will, and the nodes are one.
  std::int64_t upper_bound_milli = 0;
  std::size_t arrived = 0;
  std::size_t failed = 0;

  friend bool operator==(const PackingResult&, const PackingResult&) = default;
};

/// The same input gives the same result on every machine. A trace that asks for no device arrives
/// once, whatever the load.
[[nodiscard]] PackingResult pack(const PackingInput& input, const PackingOptions& options);

/// More arrivals than this are not drawn, whatever the load.
inline constexpr std::size_t kArrivalsMax = 2'000'000;

} // namespace berth::simulator
