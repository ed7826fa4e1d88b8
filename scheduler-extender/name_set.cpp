#include "scheduler-extender/name_set.hpp"

#include <algorithm>
#include <bit>

namespace berth::extender {

namespace {

/// Longest walk over taken slots. Half of the table is free, so that chance makes none this long.
constexpr std::size_t kProbesMax = 128;

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

/// What takes time is waiting for memory, so it is asked for ahead.
std::optional<std::string_view> NameSet::first_repeated(std::span<const std::string_view> names,
                                                        std::span<const std::uint64_t> hashes) {
  constexpr std::size_t kAhead = 16;
  const std::size_t mask = std::bit_ceil(2 * names.size() + 1) - 1;
  slots_.assign(mask + 1, Slot{});
  for (std::uint32_t position = 0; position < names.size(); ++position) {
    if (position + kAhead < names.size())
      __builtin_prefetch(&slots_[hashes[position + kAhead] & mask]);
    const std::uint64_t hash = hashes[position];
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    std::size_t at = hash & mask;
    for (std::size_t probes = 0; slots_[at].entry != 0; ++probes) {
      if (slots_[at].tag == tag && names[slots_[at].entry - 1] == names[position])
        return names[position];
      if (probes == kProbesMax)
        return first_repeated_by_sorting(names);
      at = (at + 1) & mask;
    }
    slots_[at] = {tag, position + 1};
  }
  return std::nullopt;
}

} // namespace berth::extender
