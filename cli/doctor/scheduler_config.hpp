#pragma once
// What a configuration file of kube-scheduler says of Berth's extender. Pure: from text to values.

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::cli {

struct ExtenderEntry {
  std::string url{};
  std::string filter_verb{};
  std::string prioritize_verb{};
  std::string bind_verb{};
  std::string ca_file{};
  bool https = false;
  bool names_only = false; ///< nodeCacheCapable
  bool ignorable = false;
};

struct SchedulerConfig {
  std::optional<ExtenderEntry> extender{}; ///< the one whose URL names berth-scheduler-extender
  /// Of its profiles: whose pods it schedules. Without any those of default-scheduler.
  std::vector<std::string> scheduler_names{};
  /// Each profile leaves resources that are on no node (pool.berth.dev) to Berth.
  bool ignores_pool_resources = false;
};

/// Invalid: not YAML, or no KubeSchedulerConfiguration.
[[nodiscard]] Result<SchedulerConfig> read_scheduler_config(const std::string& text);

} // namespace berth::cli
