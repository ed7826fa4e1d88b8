#include "lib/allocation/strategy_params.hpp"

#include <algorithm>
#include <charconv>

#include "lib/resources/int128.hpp"

namespace berth::allocation {
namespace {

std::optional<std::int64_t> integer_label(const Labels& labels, const std::string& key) {
  const std::string* text = key.empty() ? nullptr : labels.find(key);
  if (text == nullptr)
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size())
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> listed_merit(const Labels& labels, const NodePreference& preference) {
  const std::string* text = labels.find(preference.label);
  if (text == nullptr)
    return std::nullopt;
  const auto at = std::find(preference.values.begin(), preference.values.end(), *text);
  if (at == preference.values.end())
    return std::nullopt;
  return preference.values.end() - at;
}

/// 0 to kPointsMax; a node without the merit has none.
Points preference_points(const std::optional<std::int64_t>& merit, const MeritRange& range,
                         const NodePreference& preference) {
  if (!merit)
    return 0;
  if (preference.order == NodePreference::Order::Listed)
    return *merit * kPointsMax / static_cast<std::int64_t>(preference.values.size());
  const resources::Int128 span = resources::Int128{range.highest} - range.lowest;
  if (span == 0)
    return kPointsMax;
  const resources::Int128 above = preference.order == NodePreference::Order::Ascending
                                      ? resources::Int128{range.highest} - *merit
                                      : resources::Int128{*merit} - range.lowest;
  // Both fit 65 bits and the points 31: no overflow in 128.
  return static_cast<Points>(above * kPointsMax / span);
}

} // namespace

std::int64_t StrategyParams::weight_of(const resources::ResourceName& resource) const {
  const auto at = std::find_if(resource_weights.begin(), resource_weights.end(),
                               [&](const auto& entry) { return entry.name == resource; });
  return at == resource_weights.end() ? 1 : at->weight;
}

NodeMerits merits_of(const Labels& node_labels, const StrategyParams& params) {
  NodeMerits merits;
  merits.price = integer_label(node_labels, params.cost_label);
  for (const NodePreference& preference : params.preferences)
    merits.preferences.push_back(preference.order == NodePreference::Order::Listed
                                     ? listed_merit(node_labels, preference)
                                     : integer_label(node_labels, preference.label));
  return merits;
}

void MeritRange::include(const std::optional<std::int64_t>& value) {
  if (!value)
    return;
  lowest = is_empty ? *value : std::min(lowest, *value);
  highest = is_empty ? *value : std::max(highest, *value);
  is_empty = false;
}

void PoolMerits::include(const NodeMerits& merits) {
  price.include(merits.price);
  preferences.resize(std::max(preferences.size(), merits.preferences.size()));
  for (std::size_t i = 0; i < merits.preferences.size(); ++i)
    preferences[i].include(merits.preferences[i]);
}

Points with_preferences(Points strategy, const NodeMerits& node, const PoolMerits& pool,
                        const StrategyParams& params) {
  if (params.preferences.empty())
    return strategy;
  Points sum = kStrategyWeight * strategy;
  std::int64_t weights = kStrategyWeight;
  for (std::size_t i = 0; i < params.preferences.size(); ++i) {
    const NodePreference& preference = params.preferences[i];
    weights += preference.weight;
    if (i < node.preferences.size() && i < pool.preferences.size())
      sum += preference.weight *
             preference_points(node.preferences[i], pool.preferences[i], preference);
  }
  return sum / weights;
}

} // namespace berth::allocation
