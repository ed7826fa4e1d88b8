#pragma once
// The decide part of `kubectl berth explain`: where a pod or gang stands and why, with the part of
// the quota tree and the pools that matter to it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/explain/changes.hpp"
#include "cli/explain/observe.hpp"
#include "cli/queue/decide.hpp"
#include "cli/status/decide.hpp"

namespace berth::cli {

enum class Standing {
  NotManaged,
  Waiting,
  Admitted, ///< not bound yet
  Bound,
  Terminating, ///< still holds its charge (L1)
  Finished,    ///< holds nothing (L5)
};
[[nodiscard]] std::string_view to_string(Standing standing);
/// A pod that does not say it is managed is by its namespace, if that opts in.
[[nodiscard]] Standing standing_of(const allocation::PodView& pod, bool namespace_opts_in);

/// What was asked about.
enum class SubjectKind { Pod, Gang, AllocationRequest };
[[nodiscard]] std::string_view to_string(SubjectKind kind);

struct MemberRow {
  std::string name{};
  Standing standing = Standing::Waiting;
  std::string node{};
};

struct ExplainView {
  TimePoint as_of{};
  SubjectKind kind = SubjectKind::Pod;
  std::string namespace_name{};
  std::string name{};
  /// Of the pod; of a gang that of its least advanced living member.
  Standing standing = Standing::Waiting;
  TimePoint created{};
  Told why{}; ///< while it waits; of a request also how it ended
  /// Absent: no quota can be named, and `why` says so, or it is not managed.
  std::string quota{};
  std::int64_t priority = 0; ///< with the quota's offset
  resources::ResourceVector requests{};
  /// Gates of other controllers, which hold the pod whatever Berth decides.
  std::vector<std::string> other_gates{};
  std::optional<allocation::AdmissionRecord> record{};
  std::string node{};
  std::optional<std::int64_t> members_wanted{}; ///< of a gang
  std::vector<MemberRow> members{};             ///< oldest first; empty for a single pod
  std::vector<QuotaRow> chain{}; ///< from the root to its quota; amounts it asks for, alone
  std::vector<PoolRow> pools{};  ///< where it is, or may go, in order; amounts it asks for, alone
  std::vector<EventNote> events{};
  std::optional<Outlook> outlook{};  ///< of what waits, if it was looked for
  std::string outlook_missing_why{}; ///< it was looked for in vain
};

[[nodiscard]] ExplainView decide_explain(const ObservedExplain& observed, TimePoint now);

/// Of the pod or the gang that was asked about.
[[nodiscard]] WorkloadId workload_of(const ObservedExplain& observed);

} // namespace berth::cli
