#pragma once
// Reading objects with simdjson, one walk over the members each: a reader per known name, unknown
// names skipped, null the same as absent (as in Go's decoder), a known name that comes twice
// refused, since two readers could differ about it. Included by .cpp files only.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "lib/base/result.hpp"
#include "lib/kube/object.hpp"

namespace berth::kube {

using JsonElement = simdjson::dom::element;

/// A member's name and what reads its value: a callable (JsonElement) -> Result<void>.
template <class Read>
struct Member {
  std::string_view name;
  Read read;
};

template <class Read>
[[nodiscard]] Member<Read> member(std::string_view name, Read read) {
  return {name, std::move(read)};
}

/// "spec: containers: name: must be a string": the failure with its member in front.
[[nodiscard]] tl::unexpected<Error> refuse_member(std::string_view name, const Error& error);
[[nodiscard]] tl::unexpected<Error> refuse_type(std::string_view expected);

/// Hands each known member of `value` to its reader.
template <class... Reads>
[[nodiscard]] Result<void> read_members(JsonElement value, Member<Reads>... members) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return refuse_type("an object");
  std::array<bool, sizeof...(Reads)> seen{};
  for (const auto [name, element] : object) {
    std::size_t index = 0;
    Result<void> outcome;
    const auto offer = [&](auto& candidate) {
      if (candidate.name != name)
        return ++index, false;
      if (std::exchange(seen[index], true))
        outcome = fail(Code::Invalid, "appears twice");
      else if (!element.is_null())
        outcome = candidate.read(element);
      return true;
    };
    static_cast<void>((offer(members) || ...));
    if (!outcome)
      return refuse_member(name, outcome.error());
  }
  return {};
}

/// Hands each element of an array to `read`.
template <class Read>
[[nodiscard]] Result<void> read_elements(JsonElement value, Read read) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS)
    return refuse_type("a list");
  for (const JsonElement element : array)
    BERTH_CHECK(read(element));
  return {};
}

[[nodiscard]] Result<void> read_text(JsonElement value, std::string& into);
/// The text inside the parsed document; gone when the parser reads the next one.
[[nodiscard]] Result<void> read_text(JsonElement value, std::string_view& into);
[[nodiscard]] Result<void> read_integer(JsonElement value, std::int64_t& into);
[[nodiscard]] Result<void> read_bool(JsonElement value, bool& into);
[[nodiscard]] Result<void> read_time(JsonElement value, TimePoint& into);
/// A map of strings; `keep` says which keys matter. Duplicates among those are refused.
[[nodiscard]] Result<void> read_text_map(JsonElement value,
                                         std::map<std::string, std::string>& into,
                                         bool (*keep)(std::string_view key) = nullptr);

/// An object's metadata. `keep_annotation` says which annotations matter; null: all.
[[nodiscard]] Result<void> read_object_meta(JsonElement value, ObjectMeta& into,
                                            bool (*keep_annotation)(std::string_view key));

} // namespace berth::kube
