#include "lib/api/nomination_record.hpp"

#include "lib/api/annotation_limits.hpp"

namespace berth::api {
void describe(auto& fields, Of<allocation::NominationRecord> auto& record) {
  fields.required("decision", record.decision);
  fields.required("quota", record.quota);
  fields.required("pool", record.pool);
  fields.required("node", record.node);
  fields.field("devices", record.devices, kDevices);
  fields.field("victims", record.victims);
}

std::string encode_nomination(const allocation::NominationRecord& record) {
  return to_text(FieldWriter::to_json(record));
}

Result<allocation::NominationRecord> decode_nomination(std::string_view text) {
  BERTH_TRY(const Json value, parse_json(text, kAnnotationLimits));
  BERTH_TRY(auto record, detail::decode_value<allocation::NominationRecord>(value, ""));
  if (record.victims.size() > allocation::kNominatedVictimsMax)
    return fail(Code::Invalid,
                "victims: more than " + std::to_string(allocation::kNominatedVictimsMax));
  return record;
}

} // namespace berth::api
