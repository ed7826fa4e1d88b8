#include "operator/admission/admission_patch.hpp"

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "lib/api/labels.hpp"

namespace berth::op {
namespace {

nlohmann::json preconditions(const cluster::Pod& pod) {
  return {{"uid", pod.meta.uid}, {"resourceVersion", pod.meta.resource_version}};
}

std::string annotation_patch(const cluster::Pod& pod, std::string_view name,
                             const std::string& text) {
  nlohmann::json metadata = preconditions(pod);
  metadata["annotations"] = {{std::string(name), text}};
  return nlohmann::json{{"metadata", std::move(metadata)}}.dump();
}

} // namespace

std::string admission_patch(const cluster::Pod& pod, const allocation::AdmissionRecord& record) {
  nlohmann::json metadata = preconditions(pod);
  metadata["annotations"] = {
      {std::string(api::annotation::kAdmitted), api::encode_admission(record)},
      {std::string(api::annotation::kExplain), nullptr}};
  nlohmann::json other_gates = nlohmann::json::array();
  for (const auto& gate : pod.scheduling_gates)
    if (gate != api::kAdmissionGate)
      other_gates.push_back({{"name", gate}});
  const nlohmann::json gates = other_gates.empty() ? nlohmann::json(nullptr) : other_gates;
  return nlohmann::json{{"metadata", std::move(metadata)}, {"spec", {{"schedulingGates", gates}}}}
      .dump();
}

std::string explain_patch(const cluster::Pod& pod, const std::string& text) {
  return annotation_patch(pod, api::annotation::kExplain, text);
}

std::string rollback_patch(const cluster::Pod& pod, const api::RollbackRecord& record) {
  return annotation_patch(pod, api::annotation::kRolledBack, api::encode_rollback(record));
}

} // namespace berth::op
