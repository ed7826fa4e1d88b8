#pragma once
// StrategyParams: how a pool tunes its strategy (spec.strategyParams), and what a node's labels say
// to it. Labels are read once, when a node comes to its pool, never while pods are placed.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/selector.hpp"
#include "lib/allocation/strategy.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::allocation {

/// Scores nodes by a label, beside any strategy: a zone, a latency, a battery charge.
struct NodePreference {
  enum class Order {
    Listed,     ///< the values in the order given
    Ascending,  ///< the smaller integer
    Descending, ///< the larger integer
  };
  std::string label{};
  Order order = Order::Listed;
  std::vector<std::string> values{}; ///< for Listed, the best first
  std::int32_t weight = 100;         ///< the strategy itself counts 100

  friend bool operator==(const NodePreference&, const NodePreference&) = default;
};

struct ResourceWeight {
  resources::ResourceName name{""};
  std::int32_t weight = 1;

  friend bool operator==(const ResourceWeight&, const ResourceWeight&) = default;
};

struct StrategyParams {
  /// A resource that is not named counts 1.
  std::vector<ResourceWeight> resource_weights{};
  std::vector<NodePreference> preferences{};
  std::string cost_label{}; ///< holds the price of a node hour; empty: no price is known
  std::int32_t load_limit_percent = 85;

  [[nodiscard]] std::int64_t weight_of(const resources::ResourceName& resource) const;

  friend bool operator==(const StrategyParams&, const StrategyParams&) = default;
};

/// What the labels of one node mean to its pool; absent where a label is missing or no number.
struct NodeMerits {
  std::optional<std::int64_t> price{};
  /// One for each preference; for Listed the distance from the end of the list, so that more is
  /// better, else the label's integer.
  std::vector<std::optional<std::int64_t>> preferences{};

  friend bool operator==(const NodeMerits&, const NodeMerits&) = default;
};

[[nodiscard]] NodeMerits merits_of(const Labels& node_labels, const StrategyParams& params);

/// The lowest and the highest of a merit in one pool.
struct MeritRange {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  bool is_empty = true;

  void include(const std::optional<std::int64_t>& value);
};

/// The ranges of one pool's nodes.
struct PoolMerits {
  MeritRange price{};
  std::vector<MeritRange> preferences{};

  void include(const NodeMerits& merits);
};

/// What the strategy's opinion weighs beside preferences.
inline constexpr std::int64_t kStrategyWeight = 100;

/// The strategy's points and the preferences in one number, each by its weight; 0 to kPointsMax.
[[nodiscard]] Points with_preferences(Points strategy, const NodeMerits& node,
                                      const PoolMerits& pool, const StrategyParams& params);

} // namespace berth::allocation
