#pragma once
// PlannedStarts: when waiting work will start (B1). The first workloads that must wait get the
// earliest time at which quota, pool and nodes have room for all of their members, by the expected
// ends of what runs, and that room is spoken for from then on. Work that comes later in the order
// may start now only beside it: nobody's planned start moves later. One cycle owns it and tells it
// of every admission; it reads no clock and evicts nobody.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "lib/allocation/headroom.hpp"
#include "lib/allocation/start_search.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// Ends and starts that one search walks over; what comes later is too far away to plan.
inline constexpr std::size_t kPlanEventsMax = 4096;

class PlannedStarts {
public:
  /// All must outlive it. The placer's overlay must have a calendar.
  struct Input {
    const ClusterSnapshot& snapshot;
    const Holds& holds;
    const Policy& policy;
    WorkloadPlacer& placer;
    const Headroom& headroom;
    TimePoint now;
  };
  explicit PlannedStarts(const Input& input);

  /// A workload that waits for somebody's room.
  struct Request {
    WorkloadId workload{};
    Pods members{};
    const std::vector<Option>& options;
  };
  /// Its planned start, with its room spoken for; nothing if there is none in sight, or if so many
  /// have one already.
  [[nodiscard]] std::optional<TimePoint> plan(const Request& request);
  /// kNoPlan if it has none.
  [[nodiscard]] PlanNumber plan_of(const WorkloadId& workload) const;

  /// Room that a workload is to have.
  struct Moment {
    TimePoint at{};
    WorkloadId workload{};
    PoolName pool{};
    QuotaBalance balance{}; ///< with all that has started by then
    ResourceVector virtual_left{};
  };
  /// Whose planned start the quota or the pool would not allow any more, if `total` were charged
  /// now until `until`; nullptr if nobody's. Nodes are the calendar's.
  [[nodiscard]] const Moment* delayed_by(const Option& option, const ResourceVector& total,
                                         TimePoint until) const;
  /// Work that would be evicted, and when it would have gone by itself.
  struct Departure {
    QuotaIndex quota = 0;
    ResourceVector amounts{};
    TimePoint end{};
  };
  /// The same if these went now.
  [[nodiscard]] bool would_delay(const Option& option, const ResourceVector& total,
                                 std::span<const Departure> departures) const;
  /// Before the headroom is told.
  void note_admitted(const Option& option, const ResourceVector& total, TimePoint until,
                     const std::vector<NodeIndex>& nodes);
  /// Room is held for a preemptor until it would be done (P3): the headroom's and the calendar's
  /// newest nomination. What was known of its victims is forgotten before the calendar is told.
  void note_nominated(const Nomination& nomination);
  /// Ends of work that the calendar is about to know anew are forgotten, and told when it does.
  void forget_ends(const Nomination& nomination) { change_ends(nomination, 1); }
  void tell_ends(const Nomination& nomination) { change_ends(nomination, -1); }
  /// The turn of a nomination's owner begins, and is over while it still waits: as the headroom's.
  void let_go(std::size_t nomination);
  void hold_again(std::size_t nomination);
  [[nodiscard]] bool is_empty() const { return moments_.empty(); }

private:
  /// Something ends or starts: `amounts` are given back, or taken.
  struct Event {
    TimePoint at{};
    std::optional<QuotaIndex> payer{};
    ResourceVector amounts{};         ///< to charge; negative when given back
    ResourceVector virtual_amounts{}; ///< those of them that are on no node
    std::vector<NodeIndex> nodes{};
    /// That ends: what is held for it besides is given back, if it is held.
    std::optional<std::size_t> nomination{};
  };
  struct Timeline {
    bool is_read = false;
    std::vector<Event> events{};   ///< sorted by time; after now
    ResourceVector virtual_left{}; ///< now
  };
  struct Placed {
    TimePoint at{};
    std::map<NodeIndex, std::vector<std::int64_t>> rows{};
    QuotaBalance balance{};
    ResourceVector virtual_left{};
  };

  /// What decides when a workload can start: equal for those that are alike.
  struct Likeness {
    PoolName pool{};
    QuotaIndex payer = 0;
    WorkEnd end{}; ///< if started now
    std::vector<std::pair<const PodShape*, std::int64_t>> members{};

    friend auto operator<=>(const Likeness&, const Likeness&) = default;
  };
  /// How far the timeline was walked for work of one likeness. As a cycle only takes room, the next
  /// one like it starts no earlier.
  struct Walk {
    StartSearch search;
    QuotaBalance balance;        ///< with all that has started or ended by then
    ResourceVector virtual_left; ///< the same
    std::optional<TimePoint> reached{};
    bool is_over = false; ///< no start was found
  };

  [[nodiscard]] Walk& walk_of(const Request& request, const Option& option);
  [[nodiscard]] const BackfillPolicy& policy_in(const PoolName& pool) const;
  [[nodiscard]] std::optional<Placed> find(const Request& request, const Option& option);
  /// At the time that the walk has reached.
  [[nodiscard]] std::optional<Placed> place_there(Walk& walk, const Option& option,
                                                  const ResourceVector& total, TimePoint until);
  void speak_for(const Request& request, const Option& option, Placed placed);
  Timeline& timeline_of(const PoolName& pool);
  void read(const PoolName& pool, Timeline& timeline);
  void read_node(NodeIndex node, Timeline& timeline) const;
  void read_nowhere(const PoolName& pool, Timeline& timeline) const;
  /// What the pod gives back, and when; what it never does, or should have, is not there.
  [[nodiscard]] std::vector<Event> ends_of(const PodView& pod, const Charge& charge,
                                           const std::vector<NodeIndex>& nodes) const;
  /// Work that ends, and what it gives back.
  struct Ending {
    TimePoint at{};
    std::optional<QuotaIndex> payer{};
    ResourceVector charged{};
    ResourceVector beyond_held{}; ///< of it, what no reservation held for it
    const OpenReservation* inside = nullptr;
    std::vector<NodeIndex> nodes{};
  };
  [[nodiscard]] static std::vector<Event> events_of(Ending ending);
  void read_windows(const PoolName& pool, Timeline& timeline) const;
  [[nodiscard]] static Event make_event(TimePoint at, std::optional<QuotaIndex> payer,
                                        ResourceVector amounts, std::vector<NodeIndex> nodes);
  void pass(const Event& event, const PoolName& pool, QuotaBalance& balance,
            ResourceVector& virtual_left) const;
  void read_nominations(const PoolName& pool, Timeline& timeline) const;
  [[nodiscard]] Event end_of_nomination(std::size_t number) const;
  void change_held(std::size_t nomination, int sign);
  void change_ends(const Nomination& nomination, int sign);
  void insert_for_all(const PoolName& pool, const Event& event);
  /// Into the timeline of the pool, and what walks have passed already.
  void insert(const PoolName& pool, Event event);

  Input input_;
  bool has_balance_ = false;
  QuotaBalance balance_;
  std::map<PoolName, Timeline> timelines_;
  std::map<Likeness, Walk> walks_; ///< looked up, never walked; while holds stay what they are
  std::uint32_t hold_changes_ = 0;
  std::set<std::size_t> let_go_{};         ///< nominations that are not held
  std::vector<Moment> moments_;            ///< by PlanNumber
  std::map<PoolName, std::int32_t> asked_; ///< by the first pool of who asked
};

} // namespace berth::allocation
