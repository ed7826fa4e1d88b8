#include "lib/api/rollback_record.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {
namespace {

constexpr JsonLimits kRollbackLimits{.text_bytes_max = 1024, .depth_max = 2};
constexpr Range kTimes{1, 1'000'000};

} // namespace

void describe(auto& fields, Of<RollbackRecord> auto& record) {
  fields.field("decision", record.decision);
  fields.required("times", record.times, kTimes);
  fields.required("until", record.until);
}

std::string encode_rollback(const RollbackRecord& record) {
  return to_text(FieldWriter::to_json(record));
}

Result<RollbackRecord> decode_rollback(std::string_view text) {
  BERTH_TRY(const Json value, parse_json(text, kRollbackLimits));
  return detail::decode_value<RollbackRecord>(value, "");
}

} // namespace berth::api
