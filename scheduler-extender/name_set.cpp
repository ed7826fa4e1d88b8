#include "scheduler-extender/name_set.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace berth::extender {

namespace {

/// Longest walk over taken slots. Half of the table is free, so that chance makes none this long.
constexpr std::size_t kProbesMax = 128;

std::uint64_t mix(std::uint64_t value) {
  value *= 0x9E3779B97F4A7C15U;
  return value ^ (value >> 32U);
}

/// Eight bytes at a step; names that differ in their last digits only come out far apart.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = mix(name.size());
  while (!name.empty()) {
    std::uint64_t word = 0;
    const std::size_t bytes = std::min(name.size(), sizeof word);
    std::memcpy(&word, name.data(), bytes);
    hash = mix(hash ^ word);
    name.remove_prefix(bytes);
  }
  return hash;
}

std::optional<std::string_view> first_repeated_by_sorting(std::span<const std::string_view> names) {
  std::vector<std::uint32_t> order(names.size());
  for (std::uint32_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::sort(order, [&](std::uint32_t left, std::uint32_t right) {
    return names[left] != names[right] ? names[left] < names[right] : left < right;
  });
  std::optional<std::uint32_t> first;
  for (std::size_t i = 1; i < order.size(); ++i)
    if (names[order[i - 1]] == names[order[i]])
      first = std::min(first.value_or(order[i]), order[i]);
  if (!first)
    return std::nullopt;
  return names[*first];
}

} // namespace

std::optional<std::string_view> NameSet::first_repeated(std::span<const std::string_view> names) {
  const std::size_t size = std::bit_ceil(2 * names.size() + 1);
  slots_.assign(size, 0);
  for (std::uint32_t position = 0; position < names.size(); ++position) {
    std::size_t slot = hash_of(names[position]) & (size - 1);
    for (std::size_t probes = 0; slots_[slot] != 0; ++probes) {
      if (names[slots_[slot] - 1] == names[position])
        return names[position];
      if (probes == kProbesMax)
        return first_repeated_by_sorting(names);
      slot = (slot + 1) & (size - 1);
    }
    slots_[slot] = position + 1;
  }
  return std::nullopt;
}

} // namespace berth::extender
