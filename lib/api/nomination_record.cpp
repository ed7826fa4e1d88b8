#include "lib/api/nomination_record.hpp"

#include "lib/api/annotation_limits.hpp"

namespace berth::api {
namespace {

/// Units that go to the same node, one after the other.
struct NominatedUnits {
  NodeName node{};
  std::int32_t count = 1;
};

struct RequestNomination {
  allocation::NominationRecord common{};
  std::vector<NominatedUnits> units{};
};

Result<void> check_victims(const allocation::NominationRecord& record) {
  if (record.victims.size() > allocation::kNominatedVictimsMax)
    return fail(Code::Invalid,
                "victims: more than " + std::to_string(allocation::kNominatedVictimsMax));
  return {};
}

} // namespace

void describe(auto& fields, Of<allocation::NominationRecord> auto& record) {
  fields.required("decision", record.decision);
  fields.required("quota", record.quota);
  fields.required("pool", record.pool);
  fields.required("node", record.node);
  fields.field("devices", record.devices, kDevices);
  fields.field("victims", record.victims);
}

void describe(auto& fields, Of<NominatedUnits> auto& units) {
  fields.field("node", units.node);
  fields.required("count", units.count, Range{1, 1000});
}

void describe(auto& fields, Of<RequestNomination> auto& nomination) {
  fields.required("decision", nomination.common.decision);
  fields.required("quota", nomination.common.quota);
  fields.required("pool", nomination.common.pool);
  fields.field("victims", nomination.common.victims);
  fields.required("units", nomination.units);
}

std::string encode_nomination(const allocation::NominationRecord& record) {
  return to_text(FieldWriter::to_json(record));
}

Result<allocation::NominationRecord> decode_nomination(std::string_view text) {
  BERTH_TRY(const Json value, parse_json(text, kAnnotationLimits));
  BERTH_TRY(auto record, detail::decode_value<allocation::NominationRecord>(value, ""));
  BERTH_CHECK(check_victims(record));
  return record;
}

std::string encode_unit_nominations(std::span<const allocation::NominationRecord> units) {
  RequestNomination nomination{units.front(), {}}; // without its node
  for (const auto& unit : units)
    if (nomination.units.empty() || nomination.units.back().node != unit.node)
      nomination.units.push_back({unit.node, 1});
    else
      ++nomination.units.back().count;
  return to_text(FieldWriter::to_json(nomination));
}

namespace {

Result<RequestNomination> decode_request(std::string_view text, std::size_t units_max) {
  BERTH_TRY(const Json value, parse_json(text, kAnnotationLimits));
  BERTH_TRY(auto nomination, detail::decode_value<RequestNomination>(value, ""));
  BERTH_CHECK(check_victims(nomination.common));
  std::size_t count = 0;
  for (const NominatedUnits& units : nomination.units)
    count += static_cast<std::size_t>(units.count);
  if (count > units_max)
    return fail(Code::Invalid, "units: more than " + std::to_string(units_max));
  return nomination;
}

} // namespace

Result<std::vector<allocation::NominationRecord>> decode_unit_nominations(std::string_view text,
                                                                          std::size_t units_max) {
  BERTH_TRY(auto nomination, decode_request(text, units_max));
  std::vector<allocation::NominationRecord> records;
  for (const NominatedUnits& units : nomination.units) {
    nomination.common.node = units.node;
    records.insert(records.end(), static_cast<std::size_t>(units.count), nomination.common);
  }
  return records;
}

Result<std::optional<allocation::NominationRecord>>
decode_unit_nomination(std::string_view text, std::size_t units_max, std::size_t number) {
  BERTH_TRY(auto nomination, decode_request(text, units_max));
  for (const NominatedUnits& units : nomination.units) {
    const auto count = static_cast<std::size_t>(units.count);
    if (number < count) {
      nomination.common.node = units.node;
      return std::optional(std::move(nomination.common));
    }
    number -= count;
  }
  return std::optional<allocation::NominationRecord>{};
}

} // namespace berth::api
