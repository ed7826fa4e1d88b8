#pragma once
// GangRollback: takes one gang back. It reads every member again (quorum reads: a view may be old),
// writes on each that the gang is rolled back, and deletes them, those without a node first. What a
// crash interrupts is found on the pods by the next leader. Whether a gang is to be rolled back is
// GangWatch's to say.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/api/rollback_record.hpp"
#include "lib/async/executor.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"
#include "operator/gang/admitted_gangs.hpp"
#include "operator/leads.hpp"

namespace berth::op {

class GangRollback {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    FailpointPlan& failpoints;
    Leads leads;
    telemetry::Logger log;
  };
  enum class End {
    Untouched, ///< the API could not be asked, or a member changed: ask again later
    NotNeeded, ///< by now the gang is whole, or nothing of it is left
    Begun,     ///< it is written on the members; some may still have to be deleted
    Done,
  };

  explicit GangRollback(Parts parts) : parts_(std::move(parts)) {}

  /// `record` is what to write; its decision is each member's own.
  [[nodiscard]] async::Task<End> run(AdmittedGang gang, api::RollbackRecord record);

private:
  struct Member {
    kube::ObjectKey key;
    std::string uid;
    std::optional<cluster::Pod> pod{}; ///< as the API has it
    bool failed = false;               ///< the last request about it failed
  };
  using Step = async::Task<void> (GangRollback::*)(Member&, api::RollbackRecord);

  /// Takes the step for each member, some at once; false if one failed.
  [[nodiscard]] async::Task<bool> each(std::span<Member> members, Step step,
                                       api::RollbackRecord record);
  [[nodiscard]] async::Task<void> read(Member& member, api::RollbackRecord record);
  [[nodiscard]] async::Task<void> mark(Member& member, api::RollbackRecord record);
  [[nodiscard]] async::Task<void> remove(Member& member, api::RollbackRecord record);

  Parts parts_;
};

} // namespace berth::op
