#include "lib/cluster/request_units.hpp"

#include <charconv>

#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cluster {
namespace {

constexpr std::string_view kUnitPrefix = "request/";
/// No gang of pods has it in its name: labels have no colons.
constexpr std::string_view kGangPrefix = "AllocationRequest:";

/// What the status says was given, one record for each unit.
std::vector<allocation::AdmissionRecord> records_of(const api::AllocationRequest& request) {
  std::vector<allocation::AdmissionRecord> records;
  const auto since = allocated_since(request);
  if (!since || !request.status.quota)
    return records;
  allocation::AdmissionRecord record;
  record.decision = allocation::DecisionId{request.meta.uid};
  record.quota = *request.status.quota;
  record.members = request.spec.count;
  record.youngest_member = request.meta.created;
  record.admitted_at = since;
  for (const api::GrantedAllocation& granted : request.status.allocations) {
    record.pool = granted.pool;
    record.planned_nodes.clear();
    if (granted.node)
      record.planned_nodes.push_back(*granted.node);
    records.insert(records.end(), static_cast<std::size_t>(granted.count), record);
  }
  return records;
}

} // namespace

std::vector<allocation::PodView> units_of(const api::AllocationRequest& request,
                                          std::int32_t priority) {
  const auto& spec = request.spec;
  allocation::PodView unit;
  unit.namespace_name = request.meta.ns;
  unit.name = request.meta.name;
  unit.service_account = spec.service_account_name;
  unit.shape = allocation::ShapePtr{allocation::PodShape{spec.resources, {}}};
  unit.gang = allocation::GangMembership{std::string(kGangPrefix) + request.meta.name, spec.count};
  unit.priority = priority;
  unit.created = request.meta.created;
  unit.started = allocated_since(request);
  if (spec.quota_ref)
    unit.quota_hint = spec.quota_ref->name;
  if (spec.duration)
    unit.duration_limit = *spec.duration;
  for (const auto& pool : spec.pool_refs)
    unit.pools.push_back(pool.name);
  const auto notice = request.meta.annotations.find(std::string(api::annotation::kRevocableAfter));
  if (notice != request.meta.annotations.end())
    if (const auto time = parse_time(notice->second))
      unit.revocable_after = *time;
  unit.is_request = true;
  unit.preemptible = spec.preemptible;
  unit.managed = true;
  unit.terminal = is_true(request.status.conditions, "Finished") || request.meta.deleted;
  const auto records = records_of(request);
  std::vector<allocation::PodView> units;
  for (std::size_t number = 0; number < static_cast<std::size_t>(spec.count); ++number) {
    unit.uid = unit_uid(request.meta.uid, number);
    unit.admission = number < records.size() ? std::optional(records[number]) : std::nullopt;
    unit.gated = !unit.admission;
    units.push_back(unit);
  }
  return units;
}

std::optional<std::string> request_uid_of(const PodUid& unit) {
  const std::string& text = unit.str();
  const auto slash = text.rfind('/');
  if (!text.starts_with(kUnitPrefix) || slash < kUnitPrefix.size())
    return std::nullopt;
  return text.substr(kUnitPrefix.size(), slash - kUnitPrefix.size());
}

std::optional<std::size_t> unit_number(const PodUid& unit) {
  if (!request_uid_of(unit))
    return std::nullopt;
  const std::string& text = unit.str();
  const char* begin = text.data() + text.rfind('/') + 1;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

PodUid unit_uid(std::string_view request_uid, std::size_t number) {
  return PodUid{std::string(kUnitPrefix) + std::string(request_uid) + "/" + std::to_string(number)};
}

std::optional<TimePoint> allocated_since(const api::AllocationRequest& request) {
  const auto* allocated = api::find_condition(request.status.conditions, "Allocated");
  if (allocated == nullptr || allocated->status != api::ConditionStatus::True)
    return std::nullopt;
  return allocated->last_transition_time;
}

} // namespace berth::cluster
