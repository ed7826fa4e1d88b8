#pragma once
// WatchReader: reads a watch event by event, from synchronous test code.

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "tests/contract/api_under_test.hpp"

namespace berth::contract {

class WatchReader {
public:
  /// Opens a watch of a collection; `query` begins with '&' or is empty.
  WatchReader(ApiUnderTest& api, const std::string& collection, const std::string& query);
  ~WatchReader();

  /// HTTP status of the answer.
  [[nodiscard]] int status() const { return status_; }
  /// The next event, as the server sent it; nothing once the stream has ended, or when none has
  /// come for long.
  [[nodiscard]] std::optional<Json> next();
  /// The next event that is no bookmark, as "ADDED a"; "" where there is none.
  [[nodiscard]] std::string next_change();
  [[nodiscard]] bool ended() const { return ended_; }

private:
  /// Reads one more piece; false at the end.
  bool read_more();

  ApiUnderTest& api_;
  int status_ = 0;
  std::unique_ptr<http::BodyStream> body_;
  std::string text_;
  bool ended_ = false;
};

} // namespace berth::contract
