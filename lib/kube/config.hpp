#pragma once
// Where the API server is and how to prove who we are: a kubeconfig or the pod's service account.
// Files are read when loading and again when they change (see Connection); exec plugins are run.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/http/tls.hpp"

namespace berth::kube {

/// A value that is given inline, or in a file that may change while the program runs.
struct Material {
  std::string inline_pem;
  std::string file;
  [[nodiscard]] bool empty() const { return inline_pem.empty() && file.empty(); }
};

/// A program that makes credentials, from the kubeconfig's `exec`.
struct ExecPlugin {
  std::string api_version; ///< client.authentication.k8s.io/v1 or /v1beta1
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  std::string interactive_mode; ///< "Never", "IfAvailable", "Always" or not given
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
  std::string service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

/// Of one kubeconfig file and of each file it names.
inline constexpr std::size_t kConfigFileBytesMax = std::size_t{1} << 20U;

/// kubeconfig files as kubectl merges them: `path` if not empty, else $KUBECONFIG (a list), else
/// $HOME/.kube/config. `context` overrides current-context. Errors name the file and the field.
/// Ways to log in that Berth does not have (passwords, auth-provider, impersonation) are refused
/// when the chosen user has them, since going on without would be going on as somebody else.
[[nodiscard]] Result<Config> load_kubeconfig(const ConfigEnvironment& environment,
                                             const std::string& path, const std::string& context);
/// What to trust and to show, read from the files now. Errors name the file.
[[nodiscard]] Result<http::ClientTls> read_tls(const Config& config);
/// The pod's service account; NotFound ("not running in a cluster") without its environment.
[[nodiscard]] Result<Config> in_cluster_config(const ConfigEnvironment& environment);
/// `path`, `context` or $KUBECONFIG given: that kubeconfig; else the service account inside a pod;
/// else $HOME/.kube/config.
[[nodiscard]] Result<Config> load_config(const ConfigEnvironment& environment,
                                         const std::string& path, const std::string& context);

} // namespace berth::kube
