#pragma once
// AnswerText: JSON text in the making, for answers with thousands of names: room is made ahead, and
// a name without anything to escape, as all real ones are, is checked and copied eight bytes at a
// time. For encode.cpp only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace berth::extender {

class AnswerText {
public:
  /// `bytes`: about as long as it will be; it may become longer. `memory` is written over.
  explicit AnswerText(std::size_t bytes, std::string memory = {}) : text_(std::move(memory)) {
    text_.resize(bytes);
  }

  /// Appends as it is.
  void put(std::string_view text);
  /// Appends as a JSON string. `text` is UTF-8; only what JSON demands is escaped.
  void put_string(std::string_view text);
  void put_number(std::int64_t number);

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::string take() &&;

private:
  /// Where so many bytes more can be written.
  [[nodiscard]] char* room_for(std::size_t bytes);
  void put_escaped(std::string_view text);

  std::string text_;
  std::size_t used_ = 0;
};

} // namespace berth::extender
