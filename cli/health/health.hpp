#pragma once
// `kubectl berth health`: whether Berth works, as far as one can tell from outside: its definitions
// are served, an operator leads, the extender answers. The chart's `helm test` is this command. It
// looks once and repairs nothing.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct HealthOptions {
  std::string ns = "berth-system"; ///< where Berth is installed
  std::string extender_url{};      ///< "http://HOST:8081"; empty: the extender is not asked
};

struct HealthCheck {
  std::string part{};
  bool works = false;
  std::string message{};
};

/// One for each part that was looked at, good or bad.
[[nodiscard]] async::Task<std::vector<HealthCheck>>
check_health(kube::Client& client, HealthOptions options, GetStatus get_status, TimePoint now);

/// Whether somebody leads by this Lease, as the JSON of the API has it. A Lease counts as long as
/// it says it does, on both sides of `now`, since clocks differ. Pure.
[[nodiscard]] HealthCheck check_lease(std::string_view lease, TimePoint now);

[[nodiscard]] bool all_work(const std::vector<HealthCheck>& checks);
[[nodiscard]] std::string render_health(const std::vector<HealthCheck>& checks, const Paint& paint);
[[nodiscard]] nlohmann::json health_json(const std::vector<HealthCheck>& checks);

} // namespace berth::cli
