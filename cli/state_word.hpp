#pragma once
// One word for how an object is, for the STATE columns: the reason of the condition that sums it
// up, so that the word is found in docs/reference/reasons.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/output/text.hpp"
#include "lib/api/conditions.hpp"

namespace berth::cli {

/// What `type` says of the object.
struct StateWord {
  std::string word{};    ///< a Reason, or "Unknown" where no condition was written yet
  std::string message{}; ///< the condition's; empty when unknown
  bool good = false;     ///< the condition is True
  bool known = false;
  /// The condition was written for an older spec (observedGeneration < generation).
  bool outdated = false;

  friend bool operator==(const StateWord&, const StateWord&) = default;
};

[[nodiscard]] StateWord state_word(const api::Conditions& conditions, std::string_view type,
                                   std::int64_t generation);

/// The word as it is printed: "NoNodes", and with a '*' when it is outdated.
[[nodiscard]] std::string shown(const StateWord& state);
[[nodiscard]] Colour colour_of(const StateWord& state);

} // namespace berth::cli
