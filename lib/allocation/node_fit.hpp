#pragma once
// The hard constraints of one pod on one node (N1), in two halves: eligibility, which follows from
// the node and the pod's constraints and is remembered from call to call, and room, which changes
// with every placement. Shared by choose_nodes(), check() and the cycle; nothing else decides
// whether a pod fits a node.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/allocation/node_table.hpp"
#include "lib/allocation/placement.hpp"
#include "lib/allocation/pod.hpp"

namespace berth::allocation {

/// In the order of the checks; the first that fails is the answer.
enum class Eligibility : std::uint8_t {
  Eligible,
  NotInPool,
  NotReady,
  SelectorMismatch,
  DeviceMismatch,
  Tainted,
  Forbidden, ///< by a rule of the pool's policy
};

/// `pool` empty: any.
[[nodiscard]] Eligibility eligibility_of(const PooledNode& node, const PoolName& pool,
                                         const Constraints& constraints);
[[nodiscard]] Reason reason_of(Eligibility eligibility);
/// What in particular is wrong: a taint, the pool; may be empty.
[[nodiscard]] std::string detail_of(Eligibility eligibility, const PooledNode& node,
                                    const Constraints& constraints);

/// Eligibility of every node of a table for pods with the same pool and constraints.
class EligibleNodes {
public:
  EligibleNodes(PoolName pool, Constraints constraints);

  /// Brings it up to `table`; only nodes that differ from those seen last are looked at.
  void update(const std::shared_ptr<const NodeTable>& table);
  [[nodiscard]] Eligibility operator[](NodeIndex node) const { return eligibility_[node]; }
  [[nodiscard]] bool is_for(const PoolName& pool, const Constraints& constraints) const {
    return pool_ == pool && constraints_ == constraints;
  }

private:
  PoolName pool_;
  Constraints constraints_;
  std::shared_ptr<const NodeTable> table_;
  std::vector<Eligibility> eligibility_;
};

/// A pod's request by columns of one NodeTable, and what it asks of devices.
struct ColumnRequest {
  struct Part {
    ColumnIndex column;
    std::int64_t amount;
    bool is_scored;
  };
  std::vector<Part> parts{}; ///< in the order of columns
  /// A resource that is asked for and that no node has; a column of none.
  bool is_nowhere = false;
  DeviceAsk devices{};
  ColumnIndex first_device = 0; ///< where the device slots of a row begin
  /// Of kDeviceResource, to say what falls short; NodeVerdict::kNoColumn: no node has devices.
  ColumnIndex device_column = NodeVerdict::kNoColumn;
};

[[nodiscard]] ColumnRequest to_columns(const ResourceVector& request, const NodeTable& table);

/// Adds what a pod takes to a row of that table, and takes it off. Devices that the table has no
/// slot for are left out.
void add_to_row(std::span<std::int64_t> row, const ColumnRequest& request,
                const DeviceList& devices);
/// Adds a row `sign` times.
void add_rows(std::span<std::int64_t> sum, std::span<const std::int64_t> row, int sign);
void take_off(std::span<std::int64_t> row, const ColumnRequest& request, const DeviceList& devices);

/// The first resource that the request has and no node does; empty if there is none.
[[nodiscard]] std::string resource_of_no_node(const ResourceVector& request,
                                              const NodeTable& nodes);

/// One node as a placement sees it: what may be promised, what is charged, and what reservations
/// hold there for others than the pod (empty: nothing).
struct NodeRoom {
  std::span<const std::int64_t> capacity;
  std::span<const std::int64_t> charged;
  std::span<const std::int64_t> held;
};

/// What stands in the way of a request on a node: the worst of it, and of that the first column.
struct RoomVerdict {
  /// From good to bad. Held: there is room, but it is promised to others.
  enum class Kind : std::uint8_t { Fits, Held, Short, NeverFits };
  Kind kind = Kind::Fits;
  ColumnIndex column = NodeVerdict::kNoColumn;
};

[[nodiscard]] RoomVerdict room_for(const ColumnRequest& request, const NodeRoom& room);

/// The devices that the request would get there, the first that have room. A node whose devices are
/// not told apart has none to name.
[[nodiscard]] DeviceList free_devices(const ColumnRequest& request, const NodeRoom& room);

} // namespace berth::allocation
