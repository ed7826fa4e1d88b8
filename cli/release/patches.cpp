#include "cli/release/patches.hpp"

#include <nlohmann/json.hpp>

#include "lib/api/labels.hpp"

namespace berth::cli {
namespace {

nlohmann::json preconditions(const api::ObjectMeta& meta) {
  return {{"uid", meta.uid}, {"resourceVersion", meta.resource_version}};
}

} // namespace

std::string ungate_patch(const cluster::Pod& pod) {
  nlohmann::json metadata = preconditions(pod.meta);
  metadata["annotations"] = {{std::string(api::annotation::kExplain), nullptr}};
  nlohmann::json others = nlohmann::json::array();
  for (const std::string& gate : pod.scheduling_gates)
    if (gate != api::kAdmissionGate)
      others.push_back({{"name", gate}});
  const nlohmann::json gates = others.empty() ? nlohmann::json(nullptr) : others;
  const nlohmann::json spec{{"schedulingGates", gates}};
  return nlohmann::json{{"metadata", std::move(metadata)}, {"spec", spec}}.dump();
}

std::string free_patch(const api::ObjectMeta& meta) {
  nlohmann::json metadata = preconditions(meta);
  nlohmann::json others = nlohmann::json::array();
  for (const std::string& finalizer : meta.finalizers)
    if (!is_berths_finalizer(finalizer))
      others.push_back(finalizer);
  metadata["finalizers"] = std::move(others);
  return nlohmann::json{{"metadata", std::move(metadata)}}.dump();
}

bool is_berths_finalizer(std::string_view finalizer) {
  return finalizer.starts_with(std::string(api::kGroup) + "/");
}

} // namespace berth::cli
