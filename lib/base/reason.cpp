#include "lib/base/reason.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace berth {
namespace {

struct Row {
  Reason reason;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array kRows{
#define BERTH_REASON_ROW(name, meaning) Row{Reason::name, #name, meaning},
    BERTH_REASONS(BERTH_REASON_ROW)
#undef BERTH_REASON_ROW
};

constexpr auto kReasons = [] {
  std::array<Reason, kRows.size()> reasons{};
  for (std::size_t i = 0; i < kRows.size(); ++i)
    reasons[i] = kRows[i].reason;
  return reasons;
}();

} // namespace

std::string_view to_string(Reason reason) {
  return kRows[static_cast<std::size_t>(reason)].name;
}

std::string_view meaning(Reason reason) {
  return kRows[static_cast<std::size_t>(reason)].meaning;
}

std::optional<Reason> reason_from(std::string_view name) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [&](const Row& candidate) { return candidate.name == name; });
  if (row == kRows.end())
    return std::nullopt;
  return row->reason;
}

std::span<const Reason> all_reasons() {
  return kReasons;
}

} // namespace berth
