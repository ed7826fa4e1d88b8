#include "lib/kube/line_framer.hpp"

namespace berth::kube {

void LineFramer::push(std::string_view bytes) {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  buffer_ += bytes;
}

Result<std::optional<std::string_view>> LineFramer::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      if (buffer_.size() - begin_ > line_bytes_max_)
        return too_large();
      return std::optional<std::string_view>{};
    }
    const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
    if (line.size() > line_bytes_max_)
      return too_large();
    begin_ = scanned_ = end + 1;
    if (line.find_first_not_of(" \t\r") != std::string_view::npos)
      return std::optional{line};
  }
}

tl::unexpected<Error> LineFramer::too_large() const {
  return fail(Code::TooLarge,
              "a watch event is longer than " + std::to_string(line_bytes_max_) + " bytes");
}

} // namespace berth::kube
