#pragma once
// `kubectl berth version`: what this program is, and with --server what answers it.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lib/kube/client.hpp"

namespace berth::cli {

struct ServerVersion {
  std::string kubernetes{}; ///< "v1.37.1"
  /// The versions of berth.dev that are served; empty: Berth's definitions are not installed.
  std::vector<std::string> api_versions{};
};

[[nodiscard]] async::Task<Result<ServerVersion>> observe_server_version(kube::Client& client);

[[nodiscard]] std::string render_version(const std::optional<ServerVersion>& server);
[[nodiscard]] nlohmann::json version_json(const std::optional<ServerVersion>& server);

} // namespace berth::cli
