#pragma once
// `kubectl berth explain --log`: the same view of a pod or gang, as of the last cycle of a decision
// log. What the operator wrote into the cluster is not in a log (events, statuses of quotas and
// pools); why the workload waits is decided again.

#include "cli/explain/decide.hpp"
#include "lib/decision_log/log_reader.hpp"

namespace berth::cli {

/// `subject` is a pod or a gang. NotFound if the last cycle knows neither, or there is no cycle.
[[nodiscard]] Result<ExplainView> explain_from_log(decision_log::LogReader& log,
                                                   const kube::ObjectKey& subject,
                                                   const std::vector<allocation::Step>& what_if,
                                                   bool looks_ahead);

} // namespace berth::cli
