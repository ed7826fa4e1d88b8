#pragma once
// Where the API server is and how to prove who we are: a kubeconfig or the pod's service account.
// Files are read when loading and again when they change (see Connection); exec plugins are run.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/http/beast_transport.hpp"

namespace berth::kube {

/// A value that is given inline, or in a file that may change while the program runs.
struct Material {
  std::string inline_pem;
  std::string file;
  [[nodiscard]] bool empty() const { return inline_pem.empty() && file.empty(); }
};

struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  bool provide_cluster_info = false;
};

struct Config {
  std::string server; ///< URL
  std::string tls_server_name;
  std::string proxy_url;
  bool insecure_skip_tls_verify = false;
  Material certificate_authority;
  Material client_certificate;
  Material client_key;
  std::string token;
  std::string token_file;
  std::optional<ExecPlugin> exec;
  std::string default_namespace = "default";
};

/// Environment that loading depends on, read by main() only.
struct ConfigEnvironment {
  std::map<std::string, std::string> variables; ///< KUBECONFIG, HOME, KUBERNETES_SERVICE_*
};

/// kubeconfig files as kubectl merges them: `path` if not empty, else $KUBECONFIG (a list), else
/// $HOME/.kube/config. `context` overrides current-context. Errors name the file and the field.
[[nodiscard]] Result<Config> load_kubeconfig(const ConfigEnvironment& environment,
                                             const std::string& path, const std::string& context);
/// The pod's service account; NotFound ("not running in a cluster") without its environment.
[[nodiscard]] Result<Config> in_cluster_config(const ConfigEnvironment& environment);
/// `path` or `context` given: that kubeconfig; else in-cluster where possible; else kubeconfig.
[[nodiscard]] Result<Config> load_config(const ConfigEnvironment& environment,
                                         const std::string& path, const std::string& context);

} // namespace berth::kube
