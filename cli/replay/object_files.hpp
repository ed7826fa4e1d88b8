#pragma once
// Quotas and policies from files as kubectl applies them: one YAML or JSON document for each
// object.

#include <string>

#include "lib/base/result.hpp"
#include "lib/decision_log/trial.hpp"

namespace berth::cli {

/// Adds the objects of `text` to `changes`. Invalid, naming the document, if one is not a `kind`
/// (Quota or AllocationPolicy) or cannot be read.
[[nodiscard]] Result<void> read_changes(const std::string& text, const std::string& kind,
                                        decision_log::TrialChanges& changes);

} // namespace berth::cli
