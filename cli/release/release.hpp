#pragma once
// `kubectl berth release`: lets go of what an uninstalled Berth still holds. It decides about no
// quota and knows no order, so the guard refuses it while Berth is installed. The chart's uninstall
// hook is this command.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/options.hpp"
#include "cli/output/text.hpp"
#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// What could not be let go, and why.
struct ReleaseFailure {
  std::string what{};
  Error error{};
};

struct ReleaseView {
  ReleaseOptions asked{};
  std::vector<std::string> waiting{};  ///< pods that are still at the gate: namespace/name
  std::vector<std::string> released{}; ///< pods that were
  std::vector<std::string> freed{};    ///< objects that had a finalizer: "reservations nightly"
  std::vector<ReleaseFailure> failures{};
  std::vector<std::string> unreadable{};
};

/// Does what is asked, and tells what it did. What changed meanwhile is looked at again, at most
/// kReleaseRoundsMax times; other failures are in the view. An error: the lists could not be read.
[[nodiscard]] async::Task<Result<ReleaseView>>
release(kube::Client& client, async::Executor& executor, ReleaseOptions options, std::string ns);
inline constexpr int kReleaseRoundsMax = 5;
/// Writes that are under way at once.
inline constexpr std::size_t kReleaseWritesMax = 32;

[[nodiscard]] std::string render_release(const ReleaseView& view);
[[nodiscard]] nlohmann::json release_json(const ReleaseView& view);
/// One line for each failure, for stderr.
[[nodiscard]] std::string release_failures(const ReleaseView& view);

} // namespace berth::cli
