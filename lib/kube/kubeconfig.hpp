#pragma once
// The text of one kubeconfig file as a value: what it defines, in the file's own words, with file
// names made absolute. Reading trusts nobody: the text has a size limit, YAML a budget of nodes and
// aliases. Used by config.cpp, which merges files and picks a context.

#include <map>
#include <string>
#include <string_view>

#include "lib/kube/config.hpp"

namespace berth::kube {

/// One entry of `users`. `unsupported` names ways to log in that Berth does not have.
struct KubeconfigUser {
  Material client_certificate;
  Material client_key;
  std::string token;
  std::string token_file;
  std::optional<ExecPlugin> exec;
  std::vector<std::string> unsupported;
};

struct KubeconfigCluster {
  std::string server;
  std::string tls_server_name;
  std::string proxy_url;
  bool insecure_skip_tls_verify = false;
  Material certificate_authority;
};

struct KubeconfigContext {
  std::string cluster;
  std::string user;
  std::string ns;
};

struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeconfigCluster> clusters;
  std::map<std::string, KubeconfigUser> users;
  std::map<std::string, KubeconfigContext> contexts;

  /// Takes over what this one does not define: of several files the first to name a thing wins.
  void merge(Kubeconfig later);
};

/// `folder` is where relative file names start. Invalid names the field.
[[nodiscard]] Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& folder);

} // namespace berth::kube
