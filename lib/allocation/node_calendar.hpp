#pragma once
// NodeCalendar: what will be taken and free on each node, for as far ahead as anything is known: a
// step function per node of promised windows (R1), planned starts (B1) and the ends of running work
// (B2). Node by node and not as sums over the pool, because a gang or a large pod needs nodes: a
// promise or a start that only the sum has room for could not be kept. One cycle owns it and adds
// to it; a node's running work is read when the node is first asked about, so that the cost follows
// what is promised and not the size of the pool. It decides nothing.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/allocation/holds.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/time_range.hpp"
#include "lib/allocation/work_end.hpp"

namespace berth::allocation {

/// Index into Holds::open, or kNoReservation.
using ReservationIndex = std::uint32_t;
inline constexpr ReservationIndex kNoReservation = static_cast<ReservationIndex>(-1);

/// A planned start of this cycle, by number.
using PlanNumber = std::uint32_t;
inline constexpr PlanNumber kNoPlan = static_cast<PlanNumber>(-1);

/// How long work stays, as far as it matters to others. The default stays for ever.
struct Horizon {
  TimePoint relied_until = TimePoint::max();   ///< WorkEnd::relied_on: windows before it count
  TimePoint expected_until = TimePoint::max(); ///< WorkEnd::expected: planned starts before it
  /// It may be evicted with notice: lent capacity will do (R3, R4).
  bool is_revocable = false;
  PlanNumber own_plan = kNoPlan; ///< its own planned start is no obstacle to it

  friend bool operator==(const Horizon&, const Horizon&) = default;
  friend auto operator<=>(const Horizon&, const Horizon&) = default;
};

/// Who asks for room.
struct Viewer {
  ReservationIndex reservation = kNoReservation;
  Horizon horizon{};

  Viewer() = default;
  Viewer(ReservationIndex inside) : reservation(inside) {} // NOLINT(misc-explicit-constructor)
  Viewer(ReservationIndex inside, const Horizon& until) : reservation(inside), horizon(until) {}

  friend bool operator==(const Viewer&, const Viewer&) = default;
  friend auto operator<=>(const Viewer&, const Viewer&) = default;
};

/// Room on a node that is spoken for from a later time on.
struct Promise {
  TimeRange range{};
  /// Whose window it is, if that reservation is open now: to those inside it is no obstacle.
  ReservationIndex reservation = kNoReservation;
  PlanNumber plan = kNoPlan;           ///< a planned start, no window: estimates will do
  bool is_lendable = false;            ///< a window that revocable work may stay until
  std::vector<std::int64_t> amounts{}; ///< by column and device
  bool is_whole = false;               ///< a window that takes the whole node

  [[nodiscard]] bool is_planned() const { return plan != kNoPlan; }
};

/// A node as one picture of the cluster has it now.
struct NodePicture {
  std::span<const NodeHold> holds{}; ///< of open reservations and nominations
  std::span<const PodUid> gone{};    ///< pods of the snapshot that a what-if took away
};

class NodeCalendar {
public:
  /// All must outlive it. Windows that are open now are known from `holds`; the others are
  /// promised one by one.
  NodeCalendar(const ClusterSnapshot& snapshot, const Policy& policy, const Holds& holds,
               TimePoint now);

  void promise(NodeIndex node, Promise promise);
  /// This cycle's next nomination: held until its owner would be done, if it starts when its
  /// victims are gone. What of theirs it takes stays taken as long; the rest comes free with them
  /// (P3).
  void nominate(const Nomination& nomination, TimePoint victims_gone);
  /// It was given up: its victims stay.
  void withdraw(const Nomination& nomination);
  /// By its number: Holds::nominations first.
  [[nodiscard]] TimePoint nominated_until(std::size_t nomination) const {
    return nominee_ends_[nomination];
  }
  /// A pod that was placed on the node in this cycle goes at its end.
  struct Arriving {
    Viewer viewer{};
    std::vector<std::int64_t> amounts{};
    std::vector<std::int64_t> beyond{}; ///< of them, what its reservation did not hold
  };
  void release(NodeIndex node, const WorkEnd& end, Arriving pod);

  /// R4: of the node, so much more (`sign` 1) or less (-1) is kept for a holder of the open
  /// reservation: it is not lent, nor given to others inside.
  void keep(NodeIndex node, ReservationIndex reservation, std::span<const std::int64_t> amounts,
            int sign);
  /// What the reservation does not lend of the node; empty: nothing is kept there.
  [[nodiscard]] std::span<const std::int64_t> kept(NodeIndex node,
                                                   ReservationIndex reservation) const;
  [[nodiscard]] bool keeps_anything() const { return !kept_.empty(); }
  [[nodiscard]] bool keeps_on(NodeIndex node) const;
  /// What the viewer must leave on the node of what reservations hold there now, onto `row`: what
  /// others hold and no guest sits on, or only what they keep if they lend the rest to the viewer;
  /// of its own reservation, what is kept for others inside.
  void add_held(NodeIndex node, const Viewer& viewer, const NodePicture& picture,
                std::vector<std::int64_t>& row);

  /// Work that starts now: raises `held` to the most that others have of the node at any time in
  /// its horizon, beyond what is charged now. Room that a burst gives may be used for longer than
  /// the burst, but not against what is promised after it.
  void hold_ahead(NodeIndex node, const Viewer& viewer, const NodePicture& picture,
                  std::vector<std::int64_t>& held);
  /// Work that would start at `start`: the same from then on, by expected ends.
  void hold_from(NodeIndex node, TimePoint start, const Viewer& viewer,
                 std::span<const NodeHold> holds, std::vector<std::int64_t>& held);
  /// A window: the same during it, by ends that can be relied on.
  void hold_during(NodeIndex node, TimeRange window, std::span<const NodeHold> holds,
                   std::vector<std::int64_t>& held);

  /// Whether nothing managed, nor any other promise, is on the node during the window.
  [[nodiscard]] bool is_whole(NodeIndex node, TimeRange window, std::span<const NodeHold> holds);
  /// When managed work is gone from the node, by ends that can be relied on.
  [[nodiscard]] TimePoint busy_until(NodeIndex node) { return loaded(node).busy_until; }
  [[nodiscard]] bool has_promises(NodeIndex node) const { return !promises_on(node).empty(); }
  [[nodiscard]] std::span<const Promise> promises_on(NodeIndex node) const;
  /// Whether revocable work sees more room than other work anywhere.
  [[nodiscard]] bool lends_anything() const { return lends_anything_; }
  /// When what is lent to revocable work on the node will be needed: the first window that it would
  /// run into, now if it is open; TimePoint::max() if nothing is lent.
  [[nodiscard]] TimePoint lent_until(NodeIndex node, const Viewer& viewer,
                                     std::span<const NodeHold> holds) const;

  /// The least horizon that sees the same windows and planned starts; equal for work that sees the
  /// same ones, so that rankings can be shared.
  [[nodiscard]] Horizon canonical(const Horizon& horizon) const;
  [[nodiscard]] TimePoint now() const { return now_; }
  /// What of a pod's charge comes free for others, and when.
  struct Departure {
    WorkEnd end{};
    ResourceVector amounts{};
  };
  /// All of its charge; of a victim what its preemptor takes goes with that one (P3).
  [[nodiscard]] std::vector<Departure> departures_of(const PodView& pod,
                                                     const Charge& charge) const;
  /// Whether departures_of() has an end of some that do not may_end().
  [[nodiscard]] bool has_other_ends() const { return !open_.empty() || !victims_.empty(); }

private:
  struct Release {
    PodUid pod{}; ///< empty if it was placed in this cycle
    WorkEnd end{};
    ReservationIndex reservation = kNoReservation;
    std::vector<std::int64_t> amounts{};
    std::vector<std::int64_t> beyond{}; ///< of them, what does not go back to the reservation
  };
  /// Work on capacity that an open window lends. While it is there it stands on the promise, and
  /// takes no room of others beside it.
  struct Guest {
    PodUid pod{}; ///< empty if it was placed in this cycle
    WorkEnd end{};
    std::vector<std::int64_t> amounts{};
  };
  struct Future {
    bool is_loaded = false;
    std::vector<Release> releases{};
    std::vector<Guest> guests{};
    std::vector<Promise> promises{};
    TimePoint busy_until = TimePoint::min();
  };
  /// Of what a victim is charged, what its preemptor takes.
  struct VictimShare {
    TimePoint gone{};  ///< the victim; the rest is free then
    TimePoint until{}; ///< when the preemptor would be done
    std::vector<std::int64_t> row{};
    ResourceVector amounts{};
  };
  enum class By { ReliedOn, Expected };
  struct Question {
    TimePoint at{};
    By by = By::ReliedOn;
    NodeIndex node = 0;
    const Viewer& viewer;
    const NodePicture& picture;
  };

  Future& loaded(NodeIndex node);
  void read_work(NodeIndex node, Future& future);
  void read_pod(const PodView& pod, const Charge& charge, Future& future);
  /// What was read of it is told anew.
  void read_again(const PodUid& pod);
  /// When the pod goes, whoever gets its room.
  [[nodiscard]] WorkEnd end_on(const PodView& pod, const Charge& charge) const;
  void note_beyond(ReservationIndex reservation);
  void raise(const Future& future, const Question& question, std::vector<std::int64_t>& held);
  void add_held_at(const Question& question, std::vector<std::int64_t>& row);
  void add_lent(const Question& question, std::vector<std::int64_t>& row);
  [[nodiscard]] TimePoint end_by(By by, const WorkEnd& end) const;
  /// Whether it stands on what an open window lends, and goes when the window asks it to.
  [[nodiscard]] bool is_guest(const PodView& pod, const Charge& charge) const;
  /// When the burst that the node's pool is in ends; nothing if it is in none.
  [[nodiscard]] std::optional<TimePoint> burst_end(NodeIndex node) const;
  [[nodiscard]] bool is_open_at(ReservationIndex reservation, TimePoint instant) const;
  [[nodiscard]] bool lends(ReservationIndex reservation) const;
  [[nodiscard]] std::vector<std::int64_t> row_of(const PodShape& shape, const DeviceList& devices);

  const ClusterSnapshot& snapshot_;
  const Policy& policy_;
  const Holds& holds_;
  TimePoint now_;
  std::unordered_map<NodeIndex, Future> futures_; ///< looked up, never walked
  std::set<TimePoint> window_starts_;             ///< and ends of bursts
  std::set<TimePoint> starts_;                    ///< of windows and plans, and ends of bursts
  std::unordered_map<const PodShape*, ColumnRequest> requests_;
  std::map<ReservationName, ReservationIndex> open_;
  std::vector<std::vector<bool>> is_promised_; ///< by open reservation and column
  std::map<std::pair<NodeIndex, ReservationIndex>, std::vector<std::int64_t>> kept_;
  std::vector<TimePoint> nominee_ends_; ///< if they start when their victims are gone
  std::map<PodUid, VictimShare> victims_;
  std::map<PodUid, std::vector<std::int64_t>> beyond_; ///< of holders, as in Release
  std::vector<std::int64_t> row_;
  std::vector<std::int64_t> lent_;
  bool lends_anything_ = false;
};

/// Holders that are evicted at the end of their window are gone by then (R4).
[[nodiscard]] WorkEnd ends_with_window(WorkEnd end, const OpenReservation& open);

} // namespace berth::allocation
