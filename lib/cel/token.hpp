#pragma once
// Tokens of an expression. For Parser only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::cel {

struct Token {
  enum class Kind : std::uint8_t { End, Name, Int, String, Symbol };
  Kind kind = Kind::End;
  /// As written; of a String what it says, without quotes and escapes.
  std::string text{};
  std::size_t position = 0; ///< of its first byte
};

/// "column 7: <message>"; columns are bytes, from 1.
[[nodiscard]] Error fault_at(std::size_t position, std::string_view message);

/// Ends with a token of the kind End. Invalid for what is no token, with its column.
[[nodiscard]] Result<std::vector<Token>> tokens_of(std::string_view text);

} // namespace berth::cel
