#pragma once
// Replay: which way of providing for a series would have been the cheapest, by playing every one of
// them over what was recorded. The cost of each arm is exact, since use does not depend on it: what
// was provided and not used, what was used and not provided (dearer), and what had to be changed.
// The player follows the leader, but a switch must pay for itself, and its regret says how much
// more it paid than the best arm would have. For the strategy Adaptive.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::analyzer {

/// What the next step is expected to need.
enum class ProvisionRule {
  Latest,    ///< the most of the last hour
  Yesterday, ///< the most of the same hour a day before
  Either,    ///< the larger of the two
};
[[nodiscard]] std::string_view to_string(ProvisionRule rule);

/// One way to provide: a rule, and what is kept free above it.
struct ProvisionArm {
  ProvisionRule rule = ProvisionRule::Latest;
  double buffer_percent = 35;

  friend bool operator==(const ProvisionArm&, const ProvisionArm&) = default;
};

struct ReplayQuestion {
  std::size_t day_steps = 288; ///< of the series
  std::size_t hour_steps = 12;
};

/// All costs are parts of what was used in all steps: 0.3 is three tenths more than the use itself.
struct ReplayReport {
  ProvisionArm chosen{}; ///< where the player stands at the end
  ProvisionArm best{};   ///< the cheapest, seen from the end
  double cost = 0;       ///< of the player, its switches included
  double best_cost = 0;
  std::size_t switches = 0;
  std::size_t steps = 0;    ///< that were played
  double expected_peak = 0; ///< what the chosen rule expects of the next hour, without the buffer

  [[nodiscard]] double regret() const { return cost - best_cost; }
};

/// A unit that is missing costs as much as so many that are idle.
inline constexpr double kMissingCost = 20;
/// Changing what is provided costs so many idle units for one step each: pods are replaced.
inline constexpr double kChangeCost = 1;
/// The player switches when the leader is cheaper by the mean use of so many steps.
inline constexpr double kSwitchCostSteps = 6;

/// The arms, in a fixed order: the buffers of all strategies by each rule.
[[nodiscard]] std::span<const ProvisionArm> provision_arms();

/// `values`: the use in evenly spaced steps, oldest first, none negative. Nothing with less than
/// two days, or where nothing was used.
[[nodiscard]] std::optional<ReplayReport> replay(std::span<const double> values,
                                                 const ReplayQuestion& question);

/// "keeps 30 % above the most of the last hour: costs 0.41 of the use, 0.02 more than the best of
/// 15 ways in hindsight (20 % above the larger of both); 1 switch in 2016 steps".
[[nodiscard]] std::string describe(const ReplayReport& report);

} // namespace berth::analyzer
