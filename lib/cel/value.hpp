#pragma once
// What an expression computes with: booleans, 64-bit integers, texts, and maps by text that the
// caller keeps. Views only: values live as long as what they were made from.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace berth::cel {

/// Both sorted by key, no key twice.
using StringMap = std::span<const std::pair<std::string, std::string>>;
using IntMap = std::span<const std::pair<std::string, std::int64_t>>;

/// In the order of Type.
using Value = std::variant<bool, std::int64_t, std::string_view, StringMap, IntMap>;

enum class Type : std::uint8_t { Bool, Int, String, Strings, Ints };

/// "bool", "int", "string", "map(string, string)", "map(string, int)".
[[nodiscard]] std::string_view to_string(Type type);
[[nodiscard]] constexpr Type type_of(const Value& value) {
  return static_cast<Type>(value.index());
}

/// The one variable that expressions are about, and its fields.
struct Schema {
  struct Field {
    std::string name;
    Type type = Type::String;
  };
  std::string variable{};
  std::vector<Field> fields{};
};

} // namespace berth::cel
