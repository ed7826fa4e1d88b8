#pragma once
// The codec of the pod annotation berth.dev/admitted: the one memory of a decision. Written by the
// operator in the patch that removes the gate, read by every part of Berth.

#include <string>
#include <string_view>

#include "lib/allocation/admission_record.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

/// One line of JSON; the same record gives the same text.
[[nodiscard]] std::string encode_admission(const allocation::AdmissionRecord& record);

/// Invalid for anything else than what encode_admission() writes. Unknown fields are passed over,
/// so that an older version can read a newer one's records.
[[nodiscard]] Result<allocation::AdmissionRecord> decode_admission(std::string_view text);

} // namespace berth::api
