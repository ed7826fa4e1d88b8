#pragma once
// LineFramer: cuts a byte stream into lines, however the bytes were split on the way. A watch is
// one JSON document per line; what is left of a line when the stream ends is not an event (F2).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::kube {

class LineFramer {
public:
  explicit LineFramer(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Appends bytes as they came. Views given out before are no longer valid.
  void push(std::string_view bytes);
  /// The next complete line without its newline; blank lines are skipped; nothing when more bytes
  /// are needed. TooLarge as soon as a line is longer than the limit, complete or not: the stream
  /// must be given up then.
  [[nodiscard]] Result<std::optional<std::string_view>> next();

private:
  [[nodiscard]] tl::unexpected<Error> too_large() const;

  std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;   ///< where the next line begins
  std::size_t scanned_ = 0; ///< no newline lies between begin_ and here
};

} // namespace berth::kube
