#include "lib/allocation/node_scorer.hpp"

#include <algorithm>
#include <bit>

namespace berth::allocation {
namespace {

/// Strategies multiply by kPointsMax; numbers below this limit leave room for it.
constexpr int kScoredBits = 32;
/// What is free of a resource that does not count: it is never what runs out first.
constexpr std::int64_t kNeverShort = std::int64_t{1} << 62U;

void scale_down(ResourceRoom& room) {
  const auto most = static_cast<std::uint64_t>(std::max(room.capacity, room.largest));
  const int excess = static_cast<int>(std::bit_width(most)) - kScoredBits;
  if (excess <= 0)
    return;
  room.used >>= excess;
  room.capacity = std::max<std::int64_t>(room.capacity >> excess, 1);
  room.largest >>= excess;
  if (room.measured >= 0)
    room.measured >>= excess;
  room.used = std::min(room.used, room.capacity);
}

} // namespace

bool favours_some(Strategy strategy) {
  return strategy == Strategy::PriorityBased || strategy == Strategy::FairShare;
}

bool is_favoured(Strategy strategy, const Standing& standing) {
  if (strategy == Strategy::PriorityBased)
    return standing.priority > 0;
  return strategy == Strategy::FairShare && !standing.is_over_nominal;
}

NodeScorer::NodeScorer(ScoringGround ground, bool is_favoured)
    : ground_(std::move(ground)), is_favoured_(is_favoured),
      counts_fragments_(ground_.strategy == Strategy::FragmentationAware &&
                        !ground_.fragmentation->empty()),
      merits_(&ground_.table->merits(ground_.pool)),
      device_weight_(ground_.params->weight_of(ResourceName{kDeviceResource})) {
  for (const ResourceName& name : ground_.table->columns())
    weights_.push_back(ground_.params->weight_of(name));
}

Points NodeScorer::score(const ColumnRequest& request, NodeIndex node, const NodeRoom& room) {
  const Points points = strategy_points(request, node, room);
  const bool has_preferred =
      ground_.preferred_nodes != nullptr && !ground_.preferred_nodes->empty();
  if (!has_preferred && (ground_.rules == nullptr || ground_.rules->preferences.empty()))
    return points;
  Points sum = kStrategyWeight * points;
  std::int64_t weights = kStrategyWeight;
  if (has_preferred) {
    weights += kPreferredNodeWeight;
    if (std::ranges::binary_search(*ground_.preferred_nodes, ground_.table->node(node).view.name))
      sum += kPreferredNodeWeight * kPointsMax;
  }
  if (ground_.rules == nullptr)
    return sum / weights;
  for (const RulePreference& preference : ground_.rules->preferences) {
    weights += preference.weight;
    if (preference.holds_for(ground_.table->node(node).view.labels))
      sum += preference.weight * kPointsMax;
  }
  return sum / weights;
}

Points NodeScorer::strategy_points(const ColumnRequest& request, NodeIndex node,
                                   const NodeRoom& room) {
  if (ground_.strategy == Strategy::FirstFit && ground_.params->preferences.empty())
    return 0;
  const PooledNode& pooled = ground_.table->node(node);
  collect_rooms(request, node, room);
  NodeOutlook outlook{std::span(rooms_).first(rooms_count_),
                      is_favoured_,
                      {},
                      {},
                      ground_.params->load_limit_percent};
  if (ground_.strategy == Strategy::CostAware)
    outlook.price =
        PriceOutlook{pooled.merits.price, merits_->price.lowest, merits_->price.highest};
  if (counts_fragments_ && ground_.table->devices(node) > 0) {
    read_free(room);
    outlook.fragments.weight = ground_.fragmentation->weight();
    outlook.fragments.before = ground_.fragmentation->fragments({free_columns_, free_devices_});
    for (const ColumnRequest::Part& part : request.parts)
      free_columns_[part.column] -= part.amount;
    outlook.fragments.after = choose(request).fragments;
  }
  const Points points = scorer_of(ground_.strategy)(outlook);
  return with_preferences(points, pooled.merits, *merits_, *ground_.params);
}

DeviceList NodeScorer::devices(const ColumnRequest& request, const NodeRoom& room) {
  if (request.devices.is_nothing())
    return {};
  read_free(room);
  for (const ColumnRequest::Part& part : request.parts)
    free_columns_[part.column] -= part.amount;
  return choose(request).devices;
}

void NodeScorer::read_free(const NodeRoom& room) {
  const std::size_t columns = ground_.table->columns().size();
  const auto free = [&](std::size_t at) {
    const std::int64_t held = at < room.held.size() ? room.held[at] : 0;
    return std::max<std::int64_t>(room.capacity[at] - room.charged[at] - held, 0);
  };
  free_columns_.resize(columns);
  for (std::size_t column = 0; column < columns; ++column)
    free_columns_[column] = weights_[column] == 0 ? kNeverShort : free(column);
  free_devices_.resize(room.capacity.size() - columns);
  for (std::size_t device = 0; device < free_devices_.size(); ++device)
    free_devices_[device] = free(columns + device);
}

/// Shares go to the device where least becomes useless; devices with equal room are the same.
NodeScorer::DeviceChoice NodeScorer::choose(const ColumnRequest& request) {
  const DeviceAsk& ask = request.devices;
  DeviceChoice best{choose_devices(free_devices_, ask), 0};
  if (!counts_fragments_)
    return best;
  best.fragments = fragments_with(ask, best.devices);
  if (ask.whole > 0 || best.devices.empty())
    return best;
  for (std::size_t device = 0; device < free_devices_.size(); ++device) {
    const auto seen = free_devices_.begin() + static_cast<std::ptrdiff_t>(device);
    if (*seen < ask.share_milli ||
        *seen == free_devices_[static_cast<std::size_t>(best.devices.front())] ||
        std::find(free_devices_.begin(), seen, *seen) != seen)
      continue;
    const DeviceList alternative{static_cast<DeviceIndex>(device)};
    const std::int64_t fragments = fragments_with(ask, alternative);
    if (fragments < best.fragments)
      best = DeviceChoice{alternative, fragments};
  }
  return best;
}

std::int64_t NodeScorer::fragments_with(const DeviceAsk& ask, const DeviceList& devices) {
  for (const DeviceIndex device : devices)
    free_devices_[static_cast<std::size_t>(device)] -= ask.milli_each();
  const std::int64_t fragments = ground_.fragmentation->fragments({free_columns_, free_devices_});
  for (const DeviceIndex device : devices)
    free_devices_[static_cast<std::size_t>(device)] += ask.milli_each();
  return fragments;
}

void NodeScorer::collect_rooms(const ColumnRequest& request, NodeIndex node, const NodeRoom& room) {
  rooms_count_ = 0;
  // The node itself is far away in memory, and thousands are scored.
  const NodeUse* const measured = measured_on(node);
  for (const auto& [column, amount, is_scored] : request.parts) {
    if (!is_scored || rooms_count_ == kScoredMax)
      continue;
    ResourceRoom scored{room.charged[column] + amount, room.capacity[column],
                        ground_.table->largest(column), weights_[column], -1};
    if (measured != nullptr) {
      const ResourceName& name = ground_.table->columns()[column];
      const std::int64_t since = room.charged[column] - measured->charged.get(name).value();
      scored.measured =
          std::max<std::int64_t>(measured->used.get(name).value() + since, 0) + amount;
    }
    scale_down(scored);
    rooms_[rooms_count_++] = scored;
  }
  add_devices(request, node, room);
}

const NodeUse* NodeScorer::measured_on(NodeIndex node) const {
  if (!ground_.table->has_measurements())
    return nullptr;
  const auto& measured = ground_.table->node(node).view.measured;
  return measured ? &*measured : nullptr;
}

/// A node's devices count for every pod: whoever asks for none should stay off them.
void NodeScorer::add_devices(const ColumnRequest& request, NodeIndex node, const NodeRoom& room) {
  if (ground_.table->device_slots() == 0)
    return;
  const auto devices = static_cast<std::int64_t>(ground_.table->devices(node));
  const std::size_t first = ground_.table->columns().size();
  ResourceRoom scored{0, devices * kDeviceMilli,
                      static_cast<std::int64_t>(ground_.table->device_slots()) * kDeviceMilli,
                      device_weight_, -1};
  for (std::size_t slot = first; slot < first + static_cast<std::size_t>(devices); ++slot)
    scored.used += room.charged[slot];
  scored.used += request.devices.devices() * request.devices.milli_each();
  if (devices == 0)
    scored.used = scored.capacity = scored.largest; // nothing of a device is left over here
  scored.used = std::clamp<std::int64_t>(scored.used, 0, scored.capacity);
  rooms_[rooms_count_++] = scored;
}

} // namespace berth::allocation
