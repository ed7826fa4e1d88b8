#include "lib/simulator/packing.hpp"

#include <algorithm>
#include <string>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/workload_placer.hpp"
#include "lib/base/rng.hpp"

namespace berth::simulator {
namespace {

using namespace berth::allocation;

const PoolName kPool{"cluster"};

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t left = items.size(); left > 1; --left)
    std::swap(items[left - 1], items[rng.below(left)]);
}

std::int64_t device_milli(const ShapePtr& shape) {
  const DeviceAsk ask = device_ask(shape->requests);
  return ask.devices() * ask.milli_each();
}

/// The trace in shuffled order, and pods drawn from it until the next would pass the load.
std::vector<ShapePtr> draw_arrivals(const std::vector<ShapePtr>& trace, std::int64_t limit_milli,
                                    Rng& rng) {
  std::vector<ShapePtr> arrivals = trace;
  shuffle(arrivals, rng);
  std::int64_t requested = 0;
  for (const ShapePtr& pod : arrivals)
    requested += device_milli(pod);
  if (requested == 0)
    return arrivals;
  while (arrivals.size() < kArrivalsMax) {
    const ShapePtr& pod = trace[rng.below(trace.size())];
    requested += device_milli(pod);
    if (requested > limit_milli)
      break;
    arrivals.push_back(pod);
  }
  return arrivals;
}

std::string ordinal_name(std::size_t index) {
  std::string digits = std::to_string(index);
  return "node-" + std::string(7 - std::min<std::size_t>(digits.size(), 7), '0') + digits;
}

std::shared_ptr<const ClusterSnapshot> make_cluster(std::vector<NodeView> nodes,
                                                    const PackingOptions& options, Rng& rng) {
  shuffle(nodes, rng);
  ClusterState state;
  PoolSpec pool;
  pool.name = kPool;
  pool.strategy = options.strategy;
  pool.strategy_params = options.params;
  state.upsert_pool(pool);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].name = NodeName{ordinal_name(i)};
    state.upsert_node(std::move(nodes[i]));
  }
  return state.publish(TimePoint{});
}

/// The trace is the workload whose distribution counts, not what of it has arrived.
FragmentationModel model_of(const std::vector<ShapePtr>& trace, const NodeTable& table) {
  DeviceCensus census;
  for (const ShapePtr& pod : trace)
    census.add(pod);
  return {census.entries(), table};
}

/// One resource of all nodes together, filled with the arrivals that bring most devices for it.
std::int64_t bound_by(const ResourceName& resource, std::int64_t capacity,
                      const std::vector<ShapePtr>& arrivals) {
  struct Item {
    std::int64_t devices;
    std::int64_t amount;
  };
  std::vector<Item> items;
  for (const ShapePtr& pod : arrivals)
    if (const std::int64_t devices = device_milli(pod); devices > 0)
      items.push_back(Item{devices, pod->requests.get(resource).value()});
  std::ranges::sort(items, [](const Item& left, const Item& right) {
    return resources::Int128{left.devices} * right.amount >
           resources::Int128{right.devices} * left.amount;
  });
  std::int64_t bound = 0;
  for (const Item& item : items) {
    if (item.amount > capacity)
      return bound +
             static_cast<std::int64_t>(resources::Int128{item.devices} * capacity / item.amount);
    bound += item.devices;
    capacity -= item.amount;
  }
  return bound;
}

std::int64_t upper_bound(const NodeTable& table, const std::vector<ShapePtr>& arrivals,
                         std::int64_t capacity_milli) {
  std::int64_t bound = capacity_milli;
  for (ColumnIndex column = 0; column < table.columns().size(); ++column) {
    std::int64_t total = 0;
    for (NodeIndex node = 0; node < table.size(); ++node)
      total += table.capacity(node)[column];
    bound = std::min(bound, bound_by(table.columns()[column], total, arrivals));
  }
  return bound;
}

std::int64_t device_capacity(const NodeTable& table) {
  std::int64_t milli = 0;
  for (NodeIndex node = 0; node < table.size(); ++node)
    milli += static_cast<std::int64_t>(table.devices(node)) * kDeviceMilli;
  return milli;
}

} // namespace

PackingResult pack(const PackingInput& input, const PackingOptions& options) {
  Rng rng(options.seed);
  ClusterSnapshot cluster = *make_cluster(input.nodes, options, rng);
  cluster.fragmentation =
      std::make_shared<const FragmentationModel>(model_of(input.pods, *cluster.nodes));
  PackingResult result;
  result.seed = options.seed;
  result.capacity_milli = device_capacity(*cluster.nodes);
  const auto arrivals =
      draw_arrivals(input.pods, result.capacity_milli * options.load_percent / 100, rng);
  result.arrived = arrivals.size();
  result.upper_bound_milli = upper_bound(*cluster.nodes, arrivals, result.capacity_milli);

  WorkloadPlacer placer(cluster, *cluster.holds);
  const Site site{cluster.find_pool(kPool)};
  PodView pod;
  for (const ShapePtr& shape : arrivals) {
    pod.shape = shape;
    const auto one = std::make_shared<const PodView>(pod);
    result.requested_milli += device_milli(shape);
    auto placed = placer.place({&one, 1}, site, 1);
    if (!placed) {
      ++result.failed;
      continue;
    }
    result.allocated_milli += device_milli(shape);
    placer.take(std::move(*placed));
  }
  return result;
}

} // namespace berth::simulator
