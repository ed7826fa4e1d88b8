#include "lib/kube/kubeconfig.hpp"

#include <filesystem>
#include <functional>
#include <set>

#include <yaml-cpp/yaml.h>

#include "lib/kube/base64.hpp"
#include "lib/kube/yaml_budget.hpp"

namespace berth::kube {
namespace {

using FieldReader = std::function<Result<void>(const YAML::Node&)>;
using Fields = std::map<std::string, FieldReader, std::less<>>;

Result<void> read_cluster(const YAML::Node& node, const std::string& folder,
                          KubeconfigCluster& into);
Result<void> read_user(const YAML::Node& node, const std::string& folder, KubeconfigUser& into);
Result<void> read_context(const YAML::Node& node, KubeconfigContext& into);
Result<void> read_exec(const YAML::Node& node, const std::string& folder, ExecPlugin& into);

// A message begins with where inside the value the fault is, ".users[0].name: must be set", and
// each level puts its own part in front.
tl::unexpected<Error> refuse(const std::string& why) {
  return fail(Code::Invalid, ": " + why);
}

tl::unexpected<Error> inside(const std::string& part, const Error& error) {
  return fail(error.code, part + error.message);
}

FieldReader text_into(std::string& into) {
  return [&into](const YAML::Node& node) -> Result<void> {
    if (!node.IsScalar())
      return refuse("must be a string");
    into = node.Scalar();
    return {};
  };
}

FieldReader bool_into(bool& into) {
  return [&into](const YAML::Node& node) -> Result<void> {
    if (!YAML::convert<bool>::decode(node, into))
      return refuse("must be true or false");
    return {};
  };
}

FieldReader base64_into(std::string& into) {
  return [&into](const YAML::Node& node) -> Result<void> {
    if (!node.IsScalar())
      return refuse("must be a string");
    auto bytes = decode_base64(node.Scalar());
    if (!bytes)
      return refuse(bytes.error().message);
    into = std::move(*bytes);
    return {};
  };
}

FieldReader path_into(std::string& into, const std::string& folder) {
  return [&into, &folder](const YAML::Node& node) -> Result<void> {
    if (!node.IsScalar())
      return refuse("must be a string");
    if (!node.Scalar().empty())
      into = (std::filesystem::path(folder) / node.Scalar()).lexically_normal().string();
    return {};
  };
}

/// Hands each field of a map to its reader; others are passed over, or collected in `unknown`.
/// A key that comes twice is refused.
Result<void> read_fields(const YAML::Node& node, const Fields& fields,
                         std::vector<std::string>* unknown = nullptr) {
  if (!node.IsMap())
    return refuse("must be a map");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar())
      return refuse("keys must be strings");
    const std::string& name = entry.first.Scalar();
    if (!seen.insert(name).second)
      return refuse(name + " appears twice");
    const auto reader = fields.find(name);
    if (reader == fields.end()) {
      if (unknown != nullptr)
        unknown->push_back(name);
      continue;
    }
    if (entry.second.IsNull())
      continue;
    if (auto outcome = reader->second(entry.second); !outcome)
      return inside('.' + name, outcome.error());
  }
  return {};
}

/// A list of {name: x, <kind>: {...}}; the first entry of a name counts, as in kubectl.
template <class T, class Read>
FieldReader named_into(std::map<std::string, T>& into, const char* kind, Read read) {
  return [&into, kind, read](const YAML::Node& node) -> Result<void> {
    if (!node.IsSequence())
      return refuse("must be a list");
    std::size_t index = 0;
    for (const auto& entry : node) {
      const std::string where = '[' + std::to_string(index++) + ']';
      std::string name;
      T value;
      const Fields fields{{"name", text_into(name)},
                          {kind, [&](const YAML::Node& it) { return read(it, value); }}};
      if (auto outcome = read_fields(entry, fields); !outcome)
        return inside(where, outcome.error());
      if (name.empty())
        return fail(Code::Invalid, where + ".name: must be set");
      into.emplace(std::move(name), std::move(value));
    }
    return {};
  };
}

Result<void> read_document(const YAML::Node& document, const std::string& folder,
                           Kubeconfig& into) {
  if (document.IsNull())
    return {};
  const auto cluster = [&](const YAML::Node& node, KubeconfigCluster& it) {
    return read_cluster(node, folder, it);
  };
  const auto user = [&](const YAML::Node& node, KubeconfigUser& it) {
    return read_user(node, folder, it);
  };
  return read_fields(document, {{"current-context", text_into(into.current_context)},
                                {"clusters", named_into(into.clusters, "cluster", cluster)},
                                {"users", named_into(into.users, "user", user)},
                                {"contexts", named_into(into.contexts, "context", read_context)}});
}

Result<void> read_cluster(const YAML::Node& node, const std::string& folder,
                          KubeconfigCluster& into) {
  auto& authority = into.certificate_authority;
  return read_fields(node, {{"server", text_into(into.server)},
                            {"tls-server-name", text_into(into.tls_server_name)},
                            {"proxy-url", text_into(into.proxy_url)},
                            {"insecure-skip-tls-verify", bool_into(into.insecure_skip_tls_verify)},
                            {"certificate-authority", path_into(authority.file, folder)},
                            {"certificate-authority-data", base64_into(authority.inline_pem)}});
}

Result<void> read_context(const YAML::Node& node, KubeconfigContext& into) {
  return read_fields(node, {{"cluster", text_into(into.cluster)},
                            {"user", text_into(into.user)},
                            {"namespace", text_into(into.ns)}});
}

Result<void> read_user(const YAML::Node& node, const std::string& folder, KubeconfigUser& into) {
  std::vector<std::string> others;
  BERTH_CHECK(read_fields(
      node,
      {{"client-certificate", path_into(into.client_certificate.file, folder)},
       {"client-certificate-data", base64_into(into.client_certificate.inline_pem)},
       {"client-key", path_into(into.client_key.file, folder)},
       {"client-key-data", base64_into(into.client_key.inline_pem)},
       {"token", text_into(into.token)},
       {"tokenFile", path_into(into.token_file, folder)},
       {"exec", [&](const YAML::Node& it) { return read_exec(it, folder, into.exec.emplace()); }}},
      &others));
  std::erase(others, "extensions");
  into.unsupported = std::move(others);
  return {};
}

Result<void> read_texts(const YAML::Node& node, std::vector<std::string>& into) {
  if (!node.IsSequence())
    return refuse("must be a list");
  for (const auto& entry : node) {
    if (!entry.IsScalar())
      return refuse("must be a list of strings");
    into.push_back(entry.Scalar());
  }
  return {};
}

Result<void> read_environment(const YAML::Node& node, ExecPlugin& into) {
  if (!node.IsSequence())
    return refuse("must be a list");
  for (const auto& entry : node) {
    auto& [name, value] = into.env.emplace_back();
    BERTH_CHECK(read_fields(entry, {{"name", text_into(name)}, {"value", text_into(value)}}));
  }
  return {};
}

Result<void> read_exec(const YAML::Node& node, const std::string& folder, ExecPlugin& into) {
  BERTH_CHECK(read_fields(
      node, {{"apiVersion", text_into(into.api_version)},
             {"command", text_into(into.command)},
             {"installHint", text_into(into.install_hint)},
             {"interactiveMode", text_into(into.interactive_mode)},
             {"provideClusterInfo", bool_into(into.provide_cluster_info)},
             {"args", [&](const YAML::Node& it) { return read_texts(it, into.args); }},
             {"env", [&](const YAML::Node& it) { return read_environment(it, into); }}}));
  // A bare name is looked up in PATH; anything with a folder starts from the file's own.
  if (into.command.find('/') != std::string::npos)
    into.command = (std::filesystem::path(folder) / into.command).lexically_normal().string();
  return {};
}

} // namespace

Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& folder) {
  const std::string owned(text);
  BERTH_CHECK(check_yaml(owned));
  try {
    Kubeconfig config;
    if (auto outcome = read_document(YAML::Load(owned), folder, config); !outcome)
      return fail(Code::Invalid,
                  outcome.error().message.substr(outcome.error().message.find_first_not_of(".: ")));
    return config;
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, std::string("not usable YAML: ") + problem.what());
  }
}

void Kubeconfig::merge(Kubeconfig later) {
  if (current_context.empty())
    current_context = std::move(later.current_context);
  clusters.merge(later.clusters);
  users.merge(later.users);
  contexts.merge(later.contexts);
}

} // namespace berth::kube
