#include "cli/doctor/scheduler_config.hpp"

#include <yaml-cpp/yaml.h>

#include "lib/kube/yaml_budget.hpp"

namespace berth::cli {
namespace {

constexpr const char* kExtenderName = "berth-scheduler-extender";
constexpr const char* kPoolResourceGroup = "pool.berth.dev";

std::string text_of(const YAML::Node& map, const char* name) {
  const YAML::Node found = map[name];
  return found && found.IsScalar() ? found.Scalar() : std::string();
}

bool is_true(const YAML::Node& map, const char* name) {
  return text_of(map, name) == "true";
}

ExtenderEntry entry_of(const YAML::Node& extender) {
  ExtenderEntry entry;
  entry.url = text_of(extender, "urlPrefix");
  entry.filter_verb = text_of(extender, "filterVerb");
  entry.prioritize_verb = text_of(extender, "prioritizeVerb");
  entry.bind_verb = text_of(extender, "bindVerb");
  entry.https = is_true(extender, "enableHTTPS");
  entry.names_only = is_true(extender, "nodeCacheCapable");
  entry.ignorable = is_true(extender, "ignorable");
  if (const YAML::Node tls = extender["tlsConfig"]; tls && tls.IsMap())
    entry.ca_file = text_of(tls, "caFile");
  return entry;
}

/// By the name in the URL, else by the one that its certificate must have: a URL may hold the
/// address of the Service.
bool is_berths(const YAML::Node& extender) {
  const YAML::Node tls = extender["tlsConfig"];
  const std::string named = tls && tls.IsMap() ? text_of(tls, "serverName") : std::string();
  return (text_of(extender, "urlPrefix") + " " + named).find(kExtenderName) != std::string::npos;
}

/// Whose pods a profile is for.
std::string name_of(const YAML::Node& profile) {
  const std::string name = profile.IsMap() ? text_of(profile, "schedulerName") : std::string();
  return name.empty() ? "default-scheduler" : name;
}

/// Whether its NodeResourcesFit does not look for them on nodes.
bool ignores_pool_resources(const YAML::Node& profile) {
  const YAML::Node plugins = profile.IsMap() ? profile["pluginConfig"] : YAML::Node();
  if (!plugins || !plugins.IsSequence())
    return false;
  for (std::size_t at = 0; at < plugins.size(); ++at) {
    const YAML::Node plugin = plugins[at];
    if (!plugin.IsMap() || text_of(plugin, "name") != "NodeResourcesFit")
      continue;
    const YAML::Node args = plugin["args"];
    const YAML::Node groups = args && args.IsMap() ? args["ignoredResourceGroups"] : YAML::Node();
    for (std::size_t i = 0; groups && groups.IsSequence() && i < groups.size(); ++i)
      if (groups[i].IsScalar() && groups[i].Scalar() == kPoolResourceGroup)
        return true;
  }
  return false;
}

SchedulerConfig config_of(const YAML::Node& root) {
  SchedulerConfig config;
  if (const YAML::Node profiles = root["profiles"]; profiles && profiles.IsSequence())
    for (std::size_t at = 0; at < profiles.size(); ++at) {
      config.scheduler_names.push_back(name_of(profiles[at]));
      const bool ignores = ignores_pool_resources(profiles[at]);
      config.ignores_pool_resources = ignores && (at == 0 || config.ignores_pool_resources);
    }
  const YAML::Node extenders = root["extenders"];
  if (!extenders || !extenders.IsSequence())
    return config;
  for (std::size_t at = 0; at < extenders.size() && !config.extender; ++at)
    if (const YAML::Node extender = extenders[at]; extender.IsMap() && is_berths(extender))
      config.extender = entry_of(extender);
  return config;
}

} // namespace

Result<SchedulerConfig> read_scheduler_config(const std::string& text) {
  BERTH_CHECK(kube::check_yaml(text));
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || text_of(root, "kind") != "KubeSchedulerConfiguration")
      return fail(Code::Invalid, "it is no KubeSchedulerConfiguration");
    return config_of(root);
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, std::string("not usable YAML: ") + problem.what());
  }
}

} // namespace berth::cli
