#pragma once
// WatchStream: the events of one watch, line by line, until it ends, is stopped, or its time is up.
// It reads nothing of the lines; list_watch.cpp does.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/http/transport.hpp"
#include "lib/kube/line_framer.hpp"

namespace berth::kube {

class WatchStream {
public:
  WatchStream(async::Executor& executor, std::unique_ptr<http::BodyStream> body,
              std::size_t event_bytes_max, std::stop_token stop);
  ~WatchStream();
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  /// Ends the stream `delay` from now: next() answers Cancelled then. Replaces an earlier limit.
  void end_after(Duration delay);

  /// The next line, valid until the next call; nothing at the regular end, where a cut line is
  /// dropped. Cancelled after a stop or when the time is up. Not to be called after an end.
  [[nodiscard]] async::Task<Result<std::optional<std::string_view>>> next();

private:
  async::Executor& executor_;
  std::unique_ptr<http::BodyStream> body_;
  LineFramer framer_;
  std::stop_source ended_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::optional<async::TimerId> timer_;
};

} // namespace berth::kube
