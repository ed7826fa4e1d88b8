#pragma once
// The decide part of `kubectl berth set-quota`: from a Quota as the API server has it to the patch
// that changes one entry of it. Pure. The patch tests the entry and not the resourceVersion, which
// moves with every status that the operator writes.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/options.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

/// The amounts of one entry, as the API has them; kUnlimited for a limit that is absent.
struct QuotaAmounts {
  std::string nominal{};
  std::string borrowing_limit{};
  std::string lending_limit{};

  friend bool operator==(const QuotaAmounts&, const QuotaAmounts&) = default;
};

struct QuotaEdit {
  std::string uid{}; ///< of the Quota
  std::string pool{};
  std::string used{}; ///< by the status; empty: not known
  QuotaAmounts before{};
  QuotaAmounts after{};
  std::string patch{};   ///< a JSON patch; empty: there is nothing to change
  bool overused = false; ///< more is used than the new nominal
};

/// NotFound: the quota has no such pool or resource; the message names those that it has.
[[nodiscard]] Result<QuotaEdit> decide_quota_edit(const nlohmann::json& quota,
                                                  const SetQuotaOptions& options);

} // namespace berth::cli
