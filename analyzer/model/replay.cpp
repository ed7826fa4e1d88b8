#include "analyzer/model/replay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace berth::analyzer {
namespace {

constexpr std::array kArms{
    ProvisionArm{ProvisionRule::Latest, 20},    ProvisionArm{ProvisionRule::Latest, 30},
    ProvisionArm{ProvisionRule::Latest, 40},    ProvisionArm{ProvisionRule::Latest, 50},
    ProvisionArm{ProvisionRule::Latest, 60},    ProvisionArm{ProvisionRule::Yesterday, 20},
    ProvisionArm{ProvisionRule::Yesterday, 30}, ProvisionArm{ProvisionRule::Yesterday, 40},
    ProvisionArm{ProvisionRule::Yesterday, 50}, ProvisionArm{ProvisionRule::Yesterday, 60},
    ProvisionArm{ProvisionRule::Either, 20},    ProvisionArm{ProvisionRule::Either, 30},
    ProvisionArm{ProvisionRule::Either, 40},    ProvisionArm{ProvisionRule::Either, 50},
    ProvisionArm{ProvisionRule::Either, 60},
};
/// As long as nothing was played: Balanced, by what is known at once.
constexpr std::size_t kFirstArm = 1;
constexpr std::size_t kDaysMin = 2;

double most(std::span<const double> values, std::size_t begin, std::size_t count) {
  const std::size_t from = std::min(begin, values.size());
  const std::size_t to = std::min(from + count, values.size());
  double found = 0;
  for (std::size_t i = from; i < to; ++i)
    found = std::max(found, values[i]);
  return found;
}

/// What the rule expects of the hour that begins with step `at`, from what was before it.
double expected(ProvisionRule rule, std::span<const double> values, std::size_t at,
                const ReplayQuestion& question) {
  const double latest = most(values, at - question.hour_steps, question.hour_steps);
  const double yesterday = most(values.first(at), at - question.day_steps, question.hour_steps);
  switch (rule) {
  case ProvisionRule::Latest: return latest;
  case ProvisionRule::Yesterday: return yesterday;
  case ProvisionRule::Either: return std::max(latest, yesterday);
  }
  return latest;
}

/// The provisions and costs of all arms, step by step.
struct Table {
  std::array<double, kArms.size()> provided{};
  std::array<double, kArms.size()> total{};

  /// What each arm costs in step `at`.
  std::array<double, kArms.size()> play(std::span<const double> values, std::size_t at,
                                        const ReplayQuestion& question) {
    std::array<double, 3> by_rule{};
    for (std::size_t rule = 0; rule < by_rule.size(); ++rule)
      by_rule[rule] = expected(static_cast<ProvisionRule>(rule), values, at, question);
    std::array<double, kArms.size()> costs{};
    for (std::size_t arm = 0; arm < kArms.size(); ++arm) {
      const double wanted = by_rule[static_cast<std::size_t>(kArms[arm].rule)] *
                            (1 + kArms[arm].buffer_percent / 100);
      const double idle = std::max(wanted - values[at], 0.0);
      const double missing = std::max(values[at] - wanted, 0.0);
      const double changed = provided[arm] > 0 ? std::abs(wanted - provided[arm]) : 0;
      costs[arm] = idle + kMissingCost * missing + kChangeCost * changed;
      provided[arm] = wanted;
      total[arm] += costs[arm];
    }
    return costs;
  }

  [[nodiscard]] std::size_t leader() const {
    return static_cast<std::size_t>(std::ranges::min_element(total) - total.begin());
  }
};

} // namespace

std::string_view to_string(ProvisionRule rule) {
  switch (rule) {
  case ProvisionRule::Latest: return "the most of the last hour";
  case ProvisionRule::Yesterday: return "the most of this hour yesterday";
  case ProvisionRule::Either: return "the larger of the last hour and this hour yesterday";
  }
  return "";
}

std::span<const ProvisionArm> provision_arms() {
  return kArms;
}

std::optional<ReplayReport> replay(std::span<const double> values, const ReplayQuestion& question) {
  if (values.size() < kDaysMin * question.day_steps)
    return std::nullopt;
  double used = 0;
  for (std::size_t at = question.day_steps; at < values.size(); ++at)
    used += values[at];
  ReplayReport report;
  report.steps = values.size() - question.day_steps;
  if (used <= 0)
    return std::nullopt;
  const double switch_cost = kSwitchCostSteps * used / static_cast<double>(report.steps);
  Table table;
  std::size_t arm = kFirstArm;
  for (std::size_t at = question.day_steps; at < values.size(); ++at) {
    // Chosen by what was before this step, and paid for with what it brings.
    if (const std::size_t leader = table.leader();
        table.total[leader] + switch_cost < table.total[arm]) {
      arm = leader;
      ++report.switches;
      report.cost += switch_cost;
    }
    report.cost += table.play(values, at, question)[arm];
  }
  report.chosen = kArms[arm];
  report.best = kArms[table.leader()];
  report.cost /= used;
  report.best_cost = table.total[table.leader()] / used;
  report.expected_peak = expected(report.chosen.rule, values, values.size(), question);
  return report;
}

std::string describe(const ReplayReport& report) {
  std::array<char, 512> text{};
  const std::string chosen(to_string(report.chosen.rule));
  const std::string best(to_string(report.best.rule));
  std::snprintf(
      text.data(), text.size(),
      "keeps %.0f %% above %s: costs %.2f of the use, %.2f more than the best of %zu ways "
      "in hindsight (%.0f %% above %s); %zu switch%s in %zu steps",
      report.chosen.buffer_percent, chosen.c_str(), report.cost, report.regret(), kArms.size(),
      report.best.buffer_percent, best.c_str(), report.switches, report.switches == 1 ? "" : "es",
      report.steps);
  return text.data();
}

} // namespace berth::analyzer
