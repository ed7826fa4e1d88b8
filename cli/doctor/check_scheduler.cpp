// Whether kube-scheduler is told to ask the extender: the cluster's own by the file that is made
// for it, and the one that the chart deploys beside it.

#include <algorithm>

#include "cli/doctor/checks.hpp"
#include "cli/doctor/scheduler_config.hpp"

namespace berth::cli {
namespace {

constexpr const char* kSchedulerPage =
    "docs/tasks/install.md, section 2, says how kube-scheduler gets it";
constexpr const char* kOwnSchedulerPage =
    "docs/tasks/own-scheduler.md says what the chart makes of it";
constexpr const char* kOwn = "berth-scheduler"; // its Deployment and its ConfigMap
constexpr const char* kClusterScheduler = "default-scheduler";

/// What is wrong with how kube-scheduler would ask the extender; empty if nothing is.
std::string_view defect_of(const ExtenderEntry& entry) {
  if (entry.filter_verb.empty())
    return "has no filterVerb: the extender would not be asked";
  if (!entry.https)
    return "has no enableHTTPS: the extender takes HTTPS only";
  if (entry.ca_file.empty())
    return "has no tlsConfig.caFile: the scheduler would not verify the extender at all";
  if (!entry.names_only)
    return "has no nodeCacheCapable: each call would carry whole nodes, and the extender refuses "
           "them";
  if (!entry.ignorable && entry.bind_verb.empty())
    return "is not ignorable, but has no bindVerb: see the comments in berth-scheduler-config";
  return "";
}

/// A configuration file, and where it comes from.
struct ConfigCheck {
  std::string check{};
  std::string config_map{};
  std::string page{}; ///< what mends it
};

/// What the file says, where nothing is wrong with it as far as the extender is concerned.
std::optional<SchedulerConfig> check_file(const ConfigCheck& of, const std::string& text,
                                          Findings& findings) {
  const auto fault = [&](const std::string& message) {
    findings.fault(of.check, message, of.page);
    return std::nullopt;
  };
  const auto config = read_scheduler_config(text);
  if (!config)
    return fault("the ConfigMap's config.yaml: " + config.error().message);
  if (!config->extender)
    return fault("the ConfigMap's config.yaml names no extender of Berth's");
  if (const std::string_view defect = defect_of(*config->extender); !defect.empty())
    return fault("the extender's entry " + std::string(defect));
  if (!config->ignores_pool_resources)
    findings.warn(of.check,
                  "a profile does not leave pool.berth.dev to Berth: no pod that asks for a "
                  "virtual resource of a pool is placed",
                  "give each profile the pluginConfig that stands in berth-scheduler-config");
  return *config;
}

void check_config(const ObservedInstallation& observed, Findings& findings) {
  const ConfigCheck of{"scheduler configuration", "berth-scheduler-config", kSchedulerPage};
  const auto& text = observed.scheduler_config;
  if (!text && text.error().code == Code::NotFound)
    return findings.warn(of.check, "there is no ConfigMap " + observed.ns + "/" + of.config_map,
                         "\"kubectl apply -f manifests/scheduler-config.yaml\" brings it");
  if (!text)
    return findings.unreadable(of.check, "the ConfigMap " + of.config_map, text);
  if (const auto config = check_file(of, *text, findings))
    findings.works(of.check, "the ConfigMap's extender " + config->extender->url +
                                 " is asked as it should be");
}

bool has_own_scheduler(const ObservedInstallation& observed) {
  return observed.programs && std::ranges::find(*observed.programs, kOwn, &ObservedProgram::name) !=
                                  observed.programs->end();
}

/// The schedulerName of the pods that the chart's scheduler is for; nothing where there is none, or
/// its configuration is not as it should be.
std::optional<std::string> check_own(const ObservedInstallation& observed, Findings& findings) {
  const ConfigCheck of{"own scheduler", kOwn, kOwnSchedulerPage};
  const auto& text = observed.own_scheduler_config;
  const bool is_deployed = has_own_scheduler(observed);
  if (!text && text.error().code == Code::NotFound && !is_deployed)
    return std::nullopt;
  if (!text && text.error().code == Code::NotFound)
    findings.fault(of.check,
                   "there is no ConfigMap " + observed.ns + "/" + kOwn +
                       ": the Deployment of that name cannot start",
                   of.page);
  else if (!text)
    findings.unreadable(of.check, std::string("the ConfigMap ") + kOwn, text);
  if (!text)
    return std::nullopt;
  const auto config = check_file(of, *text, findings);
  if (!config)
    return std::nullopt;
  const auto& names = config->scheduler_names;
  if (names.empty() || std::ranges::find(names, kClusterScheduler) != names.end()) {
    findings.fault(of.check,
                   std::string("it schedules the pods of ") + kClusterScheduler +
                       " too: two programs would bind them",
                   "give profiles[0] a schedulerName of its own (the chart's scheduler.name)");
    return std::nullopt;
  }
  findings.works(of.check, "pods whose schedulerName is " + names.front() +
                               " are shown to the extender " + config->extender->url);
  return names.front();
}

/// Of what really runs only the flags can be seen: the file is on the node.
void check_running(const ObservedInstallation& observed, const std::optional<std::string>& own,
                   Findings& findings) {
  const std::string check = "running scheduler";
  const std::string instead =
      own ? "; pods whose schedulerName is " + *own + " have their own" : std::string();
  if (!observed.schedulers)
    return findings.unreadable(check, "the pods of kube-scheduler", observed.schedulers);
  if (observed.schedulers->empty() && own)
    return findings.works(check, "the cluster's kube-scheduler runs as no pod here" + instead);
  if (observed.schedulers->empty())
    return findings.unknown(check, "kube-scheduler runs as no pod here",
                            "docs/tasks/own-scheduler.md, if you cannot configure it");
  const auto without = std::ranges::count_if(
      *observed.schedulers, [](const auto& line) { return line.find("--config") == line.npos; });
  if (without == 0)
    return findings.works(check, "kube-scheduler has a --config file");
  if (own)
    return findings.works(check, "the cluster's kube-scheduler has no --config" + instead);
  findings.warn(check,
                "kube-scheduler has no --config: it asks no extender, so that pools, reservations "
                "and strategies do not bind unadmitted and unmanaged pods",
                kSchedulerPage);
}

} // namespace

void check_scheduler(const ObservedInstallation& observed, Findings& findings) {
  check_config(observed, findings);
  const auto own = check_own(observed, findings);
  check_running(observed, own, findings);
}

} // namespace berth::cli
