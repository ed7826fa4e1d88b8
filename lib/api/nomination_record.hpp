#pragma once
// The codec of the pod annotation berth.dev/nominated: the one memory of a preemption. Written by
// the operator before the first victim hears of it, read by every part of Berth.

#include <string>
#include <string_view>

#include "lib/allocation/nomination.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

/// One line of JSON; the same record gives the same text.
[[nodiscard]] std::string encode_nomination(const allocation::NominationRecord& record);

/// Invalid for anything else than what encode_nomination() writes, and for more victims than
/// kNominatedVictimsMax. Unknown fields are passed over.
[[nodiscard]] Result<allocation::NominationRecord> decode_nomination(std::string_view text);

} // namespace berth::api
