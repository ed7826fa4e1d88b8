#include "lib/kube/config.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/base/file.hpp"
#include "lib/kube/kubeconfig.hpp"

namespace berth::kube {
namespace {

constexpr std::size_t kKubeconfigFilesMax = 64;

std::string variable(const ConfigEnvironment& environment, const std::string& name) {
  const auto found = environment.variables.find(name);
  return found == environment.variables.end() ? std::string{} : found->second;
}

Result<Kubeconfig> read_kubeconfig(const std::string& path) {
  BERTH_TRY(const std::string text, read_file(path, kConfigFileBytesMax));
  std::error_code problem;
  const auto absolute = std::filesystem::absolute(path, problem);
  auto config = parse_kubeconfig(text, absolute.parent_path().string());
  if (!config)
    return fail(config.error().code, path + ": " + config.error().message);
  return config;
}

/// The files of $KUBECONFIG, without empty entries.
std::vector<std::string> listed_files(const std::string& list) {
  std::vector<std::string> files;
  for (std::size_t begin = 0; begin <= list.size() && files.size() < kKubeconfigFilesMax;) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin)
      files.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return files;
}

/// All files that apply, merged, and how to call them in messages.
Result<std::pair<Kubeconfig, std::string>> read_files(const ConfigEnvironment& environment,
                                                      const std::string& path) {
  if (!path.empty()) {
    BERTH_TRY(Kubeconfig config, read_kubeconfig(path));
    return std::pair{std::move(config), path};
  }
  std::vector<std::string> files = listed_files(variable(environment, "KUBECONFIG"));
  if (files.empty())
    files.push_back(variable(environment, "HOME") + "/.kube/config");
  Kubeconfig merged;
  std::string names;
  bool any = false;
  for (const auto& file : files) {
    names += (names.empty() ? "" : ":") + file;
    auto config = read_kubeconfig(file);
    if (!config && config.error().code == Code::NotFound)
      continue; // as kubectl: files of the list need not exist
    if (!config)
      return fail(std::move(config).error());
    merged.merge(std::move(*config));
    any = true;
  }
  if (!any)
    return fail(Code::NotFound, "no kubeconfig found at " + names);
  return std::pair{std::move(merged), names};
}

template <class T>
Result<T> find_named(const std::map<std::string, T>& things, const std::string& kind,
                     const std::string& name) {
  const auto found = things.find(name);
  if (found == things.end())
    return fail(Code::NotFound, kind + " \"" + name + "\" does not exist");
  return found->second;
}

std::string explain_unsupported(const std::string& field) {
  if (field == "auth-provider")
    return "auth-provider is gone from Kubernetes; use exec";
  if (field == "username" || field == "password")
    return "passwords are not accepted by Kubernetes any more; use a token, certificate or exec";
  if (field.starts_with("as"))
    return "impersonation (" + field + ") is not supported";
  return field + " is not known";
}

Result<Config> config_of(const Kubeconfig& files, const std::string& context_name) {
  const std::string& chosen = context_name.empty() ? files.current_context : context_name;
  if (chosen.empty())
    return fail(Code::Invalid, "current-context is not set and no context was named");
  BERTH_TRY(const KubeconfigContext context, find_named(files.contexts, "context", chosen));
  BERTH_TRY(const KubeconfigCluster cluster,
            find_named(files.clusters, "cluster", context.cluster));
  KubeconfigUser user;
  if (!context.user.empty()) {
    BERTH_TRY(user, find_named(files.users, "user", context.user));
  }
  const std::string of_user = "user \"" + context.user + "\": ";
  if (!user.unsupported.empty())
    return fail(Code::Invalid, of_user + explain_unsupported(user.unsupported.front()));
  if (user.exec && user.exec->interactive_mode == "Always")
    return fail(Code::Invalid, of_user + user.exec->command +
                                   " wants a terminal (interactiveMode: Always), which it would "
                                   "not have here");
  if (cluster.server.empty())
    return fail(Code::Invalid, "cluster \"" + context.cluster + "\": server must be set");
  if (cluster.insecure_skip_tls_verify && !cluster.certificate_authority.empty())
    return fail(Code::Invalid, "cluster \"" + context.cluster +
                                   "\": certificate-authority and insecure-skip-tls-verify exclude "
                                   "each other");
  if (user.client_certificate.empty() != user.client_key.empty())
    return fail(Code::Invalid,
                of_user + "client-certificate and client-key must be given together");
  Config config;
  config.server = cluster.server;
  config.tls_server_name = cluster.tls_server_name;
  config.proxy_url = cluster.proxy_url;
  config.insecure_skip_tls_verify = cluster.insecure_skip_tls_verify;
  config.certificate_authority = cluster.certificate_authority;
  if (!context.ns.empty())
    config.default_namespace = context.ns;
  // As kubectl: whoever listens on an unencrypted wire must not learn who we are.
  if (!cluster.server.starts_with("https://"))
    return config;
  config.client_certificate = user.client_certificate;
  config.client_key = user.client_key;
  config.token = user.token;
  config.token_file = user.token_file;
  config.exec = user.exec;
  return config;
}

Result<std::string> read_material(const Material& material) {
  if (!material.inline_pem.empty() || material.file.empty())
    return material.inline_pem;
  return read_file(material.file, kConfigFileBytesMax);
}

} // namespace

Result<Config> load_kubeconfig(const ConfigEnvironment& environment, const std::string& path,
                               const std::string& context) {
  BERTH_TRY(const auto files, read_files(environment, path));
  auto config = config_of(files.first, context);
  if (!config)
    return fail(config.error().code, files.second + ": " + config.error().message);
  return config;
}

Result<Config> in_cluster_config(const ConfigEnvironment& environment) {
  std::string host = variable(environment, "KUBERNETES_SERVICE_HOST");
  const std::string port = variable(environment, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty())
    return fail(Code::NotFound, "not running in a cluster: KUBERNETES_SERVICE_HOST and "
                                "KUBERNETES_SERVICE_PORT are not set");
  if (host.find(':') != std::string::npos)
    host = '[' + host + ']';
  const std::string& folder = environment.service_account_folder;
  Config config;
  config.server = "https://" + host + ':' + port;
  config.token_file = folder + "/token";
  config.certificate_authority.file = folder + "/ca.crt";
  // Better to fail here, with the file's name, than at the first request.
  BERTH_TRY(const std::string token, read_file(config.token_file, kConfigFileBytesMax));
  if (token.empty())
    return fail(Code::Invalid, config.token_file + ": is empty");
  if (const auto ns = read_file(folder + "/namespace", 253); ns && !ns->empty())
    config.default_namespace = *ns;
  return config;
}

Result<Config> load_config(const ConfigEnvironment& environment, const std::string& path,
                           const std::string& context) {
  const bool chosen =
      !path.empty() || !context.empty() || !variable(environment, "KUBECONFIG").empty();
  if (!chosen && !variable(environment, "KUBERNETES_SERVICE_HOST").empty())
    return in_cluster_config(environment);
  return load_kubeconfig(environment, path, context);
}

Result<http::ClientTls> read_tls(const Config& config) {
  http::ClientTls tls;
  BERTH_TRY(tls.ca_pem, read_material(config.certificate_authority));
  BERTH_TRY(tls.cert_pem, read_material(config.client_certificate));
  BERTH_TRY(tls.key_pem, read_material(config.client_key));
  tls.server_name = config.tls_server_name;
  tls.insecure_skip_verify = config.insecure_skip_tls_verify;
  return tls;
}

} // namespace berth::kube
