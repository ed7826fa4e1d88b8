#pragma once
// The bodies of streamed responses: WatchBody sends a watch's events as they become visible, with
// bookmarks, the watch's own timeout, and the transport's faults; TextBody sends a text and ends.

#include <memory>
#include <optional>
#include <string>

#include "lib/http/transport.hpp"
#include "tests/support/simulation/transport_state.hpp"
#include "tests/support/simulation/watch.hpp"

namespace berth::simulation {

class TextBody final : public http::BodyStream {
public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] async::Task<Result<std::string>> next(std::stop_token stop) override;

private:
  std::string text_;
};

class WatchBody final : public http::BodyStream {
public:
  WatchBody(std::shared_ptr<TransportState> state, http::Request request, Watch watch,
            Duration idle_timeout);
  ~WatchBody() override;

  [[nodiscard]] async::Task<Result<std::string>> next(std::stop_token stop) override;

private:
  [[nodiscard]] async::Task<Result<std::string>> next_piece(std::stop_token stop);
  [[nodiscard]] bool is_broken() const { return epoch_ != state_->stream_epoch; }
  /// Moves what the server has to say now into pending_, event by event through the faults.
  void collect();
  void collect_bookmark();
  /// The next piece of pending_; the error of a stream that breaks inside it.
  [[nodiscard]] Result<std::string> deliver();
  /// How long nothing can happen unless the cache moves.
  [[nodiscard]] Duration quiet_time() const;

  std::shared_ptr<TransportState> state_;
  http::Request request_;
  Watch watch_;
  Duration idle_timeout_;
  std::shared_ptr<Wakeup> wakeup_;
  std::uint64_t epoch_;
  SteadyPoint ends_at_;
  SteadyPoint bookmark_at_;
  SteadyPoint last_delivery_;
  std::optional<std::size_t> bytes_left_;
  std::string pending_{};
  bool ended_ = false;
};

} // namespace berth::simulation
