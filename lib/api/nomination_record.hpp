#pragma once
// The codec of the annotation berth.dev/nominated of pods and AllocationRequests: the one memory of
// a preemption. Written by the operator before the first victim hears of it, read by every part of
// Berth.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/nomination.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

/// One line of JSON; the same record gives the same text.
[[nodiscard]] std::string encode_nomination(const allocation::NominationRecord& record);

/// Invalid for anything else than what encode_nomination() writes, and for more victims than
/// kNominatedVictimsMax. Unknown fields are passed over.
[[nodiscard]] Result<allocation::NominationRecord> decode_nomination(std::string_view text);

/// The records of all units of an AllocationRequest, in their order, in its one annotation: they
/// differ in nothing but their nodes. Must not be empty.
[[nodiscard]] std::string
encode_unit_nominations(std::span<const allocation::NominationRecord> units);
/// As decode_nomination(); Invalid also for more units than `units_max`.
[[nodiscard]] Result<std::vector<allocation::NominationRecord>>
decode_unit_nominations(std::string_view text, std::size_t units_max);
/// The record of one of them; nothing if it has none. Each record has a copy of all victims, so who
/// needs one only should not ask for all.
[[nodiscard]] Result<std::optional<allocation::NominationRecord>>
decode_unit_nomination(std::string_view text, std::size_t units_max, std::size_t number);

} // namespace berth::api
