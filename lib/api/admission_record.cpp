#include "lib/api/admission_record.hpp"

#include "lib/api/annotation_limits.hpp"

namespace berth::api {
namespace {

constexpr Range kMembers{1, 1'000'000};

} // namespace

template <class Fields>
void describe(Fields& fields, Of<allocation::AdmissionRecord> auto& record) {
  fields.required("decision", record.decision);
  fields.required("quota", record.quota);
  fields.required("pool", record.pool);
  fields.field("nodes", record.planned_nodes);
  fields.field("mode", record.mode);
  fields.field("devices", record.devices, kDevices);
  fields.field("reservation", record.reservation);
  if (Fields::kReads || record.is_burst) // most are not, and every pod carries a record
    fields.field("burst", record.is_burst);
  fields.field("lentUntil", record.lent_until);
  fields.required("members", record.members, kMembers);
  fields.required("youngestMember", record.youngest_member);
  fields.field("rules", record.rules);
  fields.field("admittedAt", record.admitted_at);
}

std::string encode_admission(const allocation::AdmissionRecord& record) {
  return to_text(FieldWriter::to_json(record));
}

Result<allocation::AdmissionRecord> decode_admission(std::string_view text) {
  BERTH_TRY(const Json value, parse_json(text, kAnnotationLimits));
  return detail::decode_value<allocation::AdmissionRecord>(value, "");
}

} // namespace berth::api
