#include "lib/cluster/request_units.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/allocation/device.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/api/labels.hpp"
#include "lib/api/nomination_record.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cluster {
namespace {

using allocation::kUnitPrefix;

bool has_ended(const api::AllocationRequest& request) {
  return is_true(request.status.conditions, "Finished") || request.meta.deleted;
}

/// How many it has: those that it was given, or all that it asks for.
std::int32_t count_units(const api::AllocationRequest& request) {
  if (!allocated_since(request))
    return request.spec.count;
  std::int32_t granted = 0;
  for (const api::GrantedAllocation& allocation : request.status.allocations)
    granted += allocation.count;
  return granted > 0 ? std::min(granted, request.spec.count) : request.spec.count;
}

/// What the status says was given to the unit of that number.
std::optional<allocation::AdmissionRecord> record_of(const api::AllocationRequest& request,
                                                     std::size_t number) {
  const auto since = allocated_since(request);
  if (!since || !request.status.quota)
    return std::nullopt;
  for (const api::GrantedAllocation& granted : request.status.allocations) {
    const auto count = static_cast<std::size_t>(granted.count);
    if (number >= count) {
      number -= count;
      continue;
    }
    allocation::AdmissionRecord record;
    record.decision = allocation::DecisionId{request.meta.uid};
    record.quota = *request.status.quota;
    record.pool = granted.pool;
    if (granted.node)
      record.planned_nodes.push_back(*granted.node);
    record.members = count_units(request);
    record.youngest_member = request.meta.created;
    record.admitted_at = since;
    return record;
  }
  return std::nullopt;
}

/// What it was promised while it waits; null if nothing was.
const std::string* nomination_text(const api::AllocationRequest& request) {
  const auto found = request.meta.annotations.find(std::string(api::annotation::kNominated));
  return found == request.meta.annotations.end() ? nullptr : &found->second;
}

/// What all units have in common.
allocation::PodView any_unit(const api::AllocationRequest& request, std::int32_t priority) {
  const auto& spec = request.spec;
  allocation::PodView unit;
  unit.namespace_name = request.meta.ns;
  unit.name = request.meta.name;
  unit.service_account = spec.service_account_name;
  allocation::PodShape shape{spec.resources, {}};
  shape.constraints.preferred_nodes = spec.preferred_nodes;
  std::ranges::sort(shape.constraints.preferred_nodes);
  unit.shape = allocation::ShapePtr{std::move(shape)};
  unit.gang = allocation::GangMembership{allocation::request_gang(request.meta.uid),
                                         count_units(request), spec.min_count.value_or(0)};
  unit.priority = priority;
  unit.created = request.meta.created;
  unit.started = allocated_since(request);
  if (spec.quota_ref)
    unit.quota_hint = spec.quota_ref->name;
  // It may be renewed, which nobody weighs: what must not be evicted is not relied on to end.
  if (spec.duration)
    unit.expected_duration = *spec.duration;
  for (const auto& pool : spec.pool_refs)
    unit.pools.push_back(pool.name);
  for (const auto& [key, value] : request.meta.labels)
    unit.labels.set(key, value);
  const auto notice = request.meta.annotations.find(std::string(api::annotation::kRevocableAfter));
  if (notice != request.meta.annotations.end())
    if (const auto time = parse_time(notice->second))
      unit.revocable_after = *time;
  if (!allocation::device_ask(spec.resources).is_nothing())
    unit.defect = "spec.resources: devices are given to pods only";
  unit.is_request = true;
  unit.preemptible = spec.preemptible;
  unit.managed = true;
  return unit;
}

void number_unit(const api::AllocationRequest& request, std::size_t number,
                 allocation::PodView& unit) {
  unit.uid = allocation::unit_uid(request.meta.uid, number);
  unit.admission = record_of(request, number);
  unit.gated = !unit.admission;
}

} // namespace

std::vector<allocation::PodView> units_of(const api::AllocationRequest& request,
                                          std::int32_t priority) {
  std::vector<allocation::PodView> units;
  if (has_ended(request))
    return units;
  units.assign(static_cast<std::size_t>(count_units(request)), any_unit(request, priority));
  for (std::size_t number = 0; number < units.size(); ++number)
    number_unit(request, number, units[number]);
  // What cannot be read holds no room.
  if (const std::string* text = nomination_text(request))
    if (auto records =
            api::decode_unit_nominations(*text, static_cast<std::size_t>(request.spec.count)))
      for (std::size_t number = 0; number < std::min(records->size(), units.size()); ++number)
        units[number].nomination = std::move((*records)[number]);
  return units;
}

std::optional<allocation::PodView> unit_of(const api::AllocationRequest& request,
                                           std::int32_t priority, std::size_t number) {
  if (has_ended(request) || std::cmp_greater_equal(number, count_units(request)))
    return std::nullopt;
  allocation::PodView unit = any_unit(request, priority);
  number_unit(request, number, unit);
  if (const std::string* text = nomination_text(request)) {
    const auto units_max = static_cast<std::size_t>(request.spec.count);
    if (auto record = api::decode_unit_nomination(*text, units_max, number))
      unit.nomination = *std::move(record);
  }
  return unit;
}

WorkloadId workload_of(const api::AllocationRequest& request) {
  allocation::PodView unit;
  unit.namespace_name = request.meta.ns;
  unit.gang =
      allocation::GangMembership{allocation::request_gang(request.meta.uid), request.spec.count};
  unit.is_request = true;
  return allocation::workload_id(unit);
}

std::optional<allocation::HeldBack> held_back(const api::AllocationRequest& request,
                                              TimePoint now) {
  if (!request.spec.not_before || *request.spec.not_before <= now || allocated_since(request))
    return std::nullopt;
  return allocation::HeldBack{*request.spec.not_before, Reason::NotBefore,
                              "it asks to start no earlier"};
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

std::optional<TimePoint> allocated_since(const api::AllocationRequest& request) {
  const auto* allocated = api::find_condition(request.status.conditions, "Allocated");
  if (allocated == nullptr || allocated->status != api::ConditionStatus::True)
    return std::nullopt;
  return allocated->last_transition_time;
}

} // namespace berth::cluster
