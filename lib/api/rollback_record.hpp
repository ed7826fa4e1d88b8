#pragma once
// The codec of the pod annotation berth.dev/rolled-back: that a gang was rolled back, and until
// when it waits (G1). Written by the operator on the members before it deletes the first of them,
// and then on a member that waits in their place, so that the next leader knows it too.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/allocation/admission_record.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

struct RollbackRecord {
  /// The admission that is taken back: a pod with this very admission is still to be deleted.
  /// Empty for a pod that ran without one.
  allocation::DecisionId decision{};
  std::int32_t times = 0; ///< how often the gang was rolled back so far, this time included
  TimePoint until{};      ///< it is not admitted again before

  friend bool operator==(const RollbackRecord&, const RollbackRecord&) = default;
};

/// One line of JSON; the same record gives the same text.
[[nodiscard]] std::string encode_rollback(const RollbackRecord& record);
/// Invalid for anything else than what encode_rollback() writes.
[[nodiscard]] Result<RollbackRecord> decode_rollback(std::string_view text);

} // namespace berth::api
