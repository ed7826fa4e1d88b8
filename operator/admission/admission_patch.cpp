#include "operator/admission/admission_patch.hpp"

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "lib/api/labels.hpp"
#include "lib/api/nomination_record.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::op {
namespace {

nlohmann::json preconditions(const cluster::Pod& pod) {
  return {{"uid", pod.meta.uid}, {"resourceVersion", pod.meta.resource_version}};
}

std::string annotation_patch(const cluster::Pod& pod, std::string_view name,
                             const std::optional<std::string>& text) {
  nlohmann::json metadata = preconditions(pod);
  metadata["annotations"] = {
      {std::string(name), text ? nlohmann::json(*text) : nlohmann::json(nullptr)}};
  return nlohmann::json{{"metadata", std::move(metadata)}}.dump();
}

nlohmann::json to_json(const std::vector<allocation::Requirement>& requirements) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& requirement : requirements) {
    nlohmann::json entry = {{"key", requirement.key}, {"operator", to_string(requirement.op)}};
    if (!requirement.values.empty())
      entry["values"] = requirement.values;
    list.push_back(std::move(entry));
  }
  return list;
}

nlohmann::json to_json(const allocation::NodeSelectorTerm& term) {
  nlohmann::json json = nlohmann::json::object();
  if (!term.match_expressions.empty())
    json["matchExpressions"] = to_json(term.match_expressions);
  if (!term.match_fields.empty())
    json["matchFields"] = to_json(term.match_fields);
  return json;
}

nlohmann::json affinity_of(const std::vector<allocation::NodeSelectorTerm>& required_terms) {
  nlohmann::json terms = nlohmann::json::array();
  for (const auto& term : required_terms)
    terms.push_back(to_json(term));
  nlohmann::json required = {{"nodeSelectorTerms", std::move(terms)}};
  return {
      {"nodeAffinity", {{"requiredDuringSchedulingIgnoredDuringExecution", std::move(required)}}}};
}

} // namespace

std::string admission_patch(const cluster::Pod& pod, const allocation::AdmissionRecord& record,
                            const std::optional<std::vector<allocation::NodeSelectorTerm>>& terms) {
  nlohmann::json metadata = preconditions(pod);
  metadata["annotations"] = {
      {std::string(api::annotation::kAdmitted), api::encode_admission(record)},
      {std::string(api::annotation::kExplain), nullptr}};
  if (pod.view.nomination) // the room is its own from now on
    metadata["annotations"][std::string(api::annotation::kNominated)] = nullptr;
  if (record.lent_until) // told before it starts (P6)
    metadata["annotations"][std::string(api::annotation::kRevocableAfter)] =
        format_time(*record.lent_until);
  nlohmann::json other_gates = nlohmann::json::array();
  for (const auto& gate : pod.scheduling_gates)
    if (gate != api::kAdmissionGate)
      other_gates.push_back({{"name", gate}});
  const nlohmann::json gates = other_gates.empty() ? nlohmann::json(nullptr) : other_gates;
  nlohmann::json spec = {{"schedulingGates", gates}};
  if (terms)
    spec["affinity"] = affinity_of(*terms);
  return nlohmann::json{{"metadata", std::move(metadata)}, {"spec", std::move(spec)}}.dump();
}

std::string nomination_patch(const cluster::Pod& pod, const allocation::AdmissionRecord& record) {
  const nlohmann::json status = {{"nominatedNodeName", record.planned_nodes.front().str()}};
  return nlohmann::json{{"metadata", preconditions(pod)}, {"status", status}}.dump();
}

std::string explain_patch(const cluster::Pod& pod, const std::string& text) {
  return annotation_patch(pod, api::annotation::kExplain, text);
}

std::string nominated_patch(const cluster::Pod& pod, const allocation::NominationRecord* record) {
  return annotation_patch(pod, api::annotation::kNominated,
                          record != nullptr ? std::optional(api::encode_nomination(*record))
                                            : std::nullopt);
}

std::string units_nominated_patch(const cluster::Pod& request,
                                  std::span<const allocation::NominationRecord> units) {
  return annotation_patch(request, api::annotation::kNominated,
                          api::encode_unit_nominations(units));
}

std::string notice_patch(const cluster::Pod& pod, std::optional<TimePoint> revocable_after) {
  return annotation_patch(pod, api::annotation::kRevocableAfter,
                          revocable_after ? std::optional(format_time(*revocable_after))
                                          : std::nullopt);
}

std::string rollback_patch(const cluster::Pod& pod, const api::RollbackRecord& record) {
  return annotation_patch(pod, api::annotation::kRolledBack, api::encode_rollback(record));
}

} // namespace berth::op
