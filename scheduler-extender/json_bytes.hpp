#pragma once
// Eight bytes of JSON text at a step: which of them cannot stand in a string as they are. For the
// two places that read and write thousands of names.

#include <cstdint>

namespace berth::extender {

[[nodiscard]] constexpr std::uint64_t in_each_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101U;
}

/// Marks quotes, backslashes and control characters by their byte's high bit. The lowest mark is
/// right; those above it may be there by mistake, by a borrow.
[[nodiscard]] constexpr std::uint64_t bytes_to_escape(std::uint64_t word) {
  constexpr auto kZeroBytes = [](std::uint64_t of) {
    return (of - in_each_byte(0x01)) & ~of & in_each_byte(0x80);
  };
  const std::uint64_t control = (word - in_each_byte(0x20)) & ~word & in_each_byte(0x80);
  return control | kZeroBytes(word ^ in_each_byte('"')) | kZeroBytes(word ^ in_each_byte('\\'));
}

/// Marks bytes beyond ASCII in the same way, without mistakes.
[[nodiscard]] constexpr std::uint64_t bytes_beyond_ascii(std::uint64_t word) {
  return word & in_each_byte(0x80);
}

} // namespace berth::extender
