#pragma once
// EventSeries: which events were recorded lately and how often, so that a repetition raises a count
// instead of making another object. Holds no client and no time of its own; events.cpp sends.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "lib/kube/events.hpp"
#include "lib/kube/rate_limiter.hpp"

namespace berth::kube {

/// One Event object, as far as it is to be written.
struct RecordedEvent {
  ObjectReference about;
  EventSeverity severity = EventSeverity::Normal;
  Reason reason{};
  std::string action;
  std::string note;

  std::string name; ///< of the Event object
  TimePoint first_seen{};
  TimePoint last_seen{};
  SteadyPoint last_recorded{};
  std::uint64_t count = 1;
  std::uint64_t count_written = 0; ///< 0: the object does not exist yet
  SteadyPoint last_written{};
  bool queued = false;
  std::uint64_t count_lost = 0; ///< writing failed up to here; a repetition makes another try
  bool given_up = false;        ///< the server refuses it: repetitions are dropped
};

class EventSeries {
public:
  EventSeries(const Clock& clock, EventRecorderOptions options);

  using Item = std::shared_ptr<RecordedEvent>;
  /// The series that this event belongs to, new or with its count raised; null when the object has
  /// had too many events of this reason lately.
  [[nodiscard]] Item add(RecordedEvent event);
  /// Series with repetitions that were not written for `interval`.
  [[nodiscard]] std::vector<Item> overdue(Duration interval) const;

private:
  [[nodiscard]] bool may_have_another(const RecordedEvent& event);

  const Clock& clock_;
  EventRecorderOptions options_;
  std::list<Item> by_age_; ///< least recently recorded first
  std::map<std::string, std::list<Item>::iterator> by_key_;
  struct Spam {
    RateLimiter limiter;
    SteadyPoint used;
  };
  std::map<std::string, Spam> spam_; ///< by object and reason
  std::uint64_t made_ = 0;
};

} // namespace berth::kube
