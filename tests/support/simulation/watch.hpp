#pragma once
// Watch: one watch request's position in the server's history, and the lines it has to send. It
// knows the rules of events (selectors that begin or cease to match, deletions, bookmarks, the end
// of a streaming list, 410 in the stream); time and connections are the transport's.

#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulation/selector.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {

class Watch {
public:
  /// The refusal is an HTTP status; what is wrong with the resourceVersion comes in the stream.
  /// `visible` is the newest revision that the answering server's watch cache has seen.
  [[nodiscard]] static Answer<Watch> start(const ServerState& state, const RequestInfo& info,
                                           Revision visible);

  /// The events up to `visible` that were not taken before, one line of JSON each.
  [[nodiscard]] std::vector<std::string> take(const ServerState& state, Revision visible);
  /// A bookmark at the watch's position, where the client asked for bookmarks.
  [[nodiscard]] std::optional<std::string> bookmark() const;
  /// The server has said all it has to say: an ERROR event was the last.
  [[nodiscard]] bool over() const { return over_; }
  /// How long the client wants the watch to last; absent: as the server likes.
  [[nodiscard]] std::optional<std::int64_t> timeout_seconds() const {
    return info_.list.timeout_seconds;
  }

private:
  Watch(RequestInfo info, Selector selector, Revision position)
      : info_(std::move(info)), selector_(std::move(selector)), position_(position) {}

  void add_initial(const ServerState& state);
  void add_change(const Change& change);
  [[nodiscard]] bool concerns(const Json& object) const;
  [[nodiscard]] Json bookmark_object(bool ends_initial) const;

  RequestInfo info_;
  Selector selector_;
  Revision position_;
  /// What must be visible before the initial events are sent.
  std::optional<Revision> initial_at_{};
  bool marks_initial_end_ = false;
  bool over_ = false;
  std::vector<std::string> lines_{};
};

} // namespace berth::simulation
