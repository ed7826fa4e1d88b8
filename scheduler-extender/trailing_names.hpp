#pragma once
// The names at the end of an ExtenderArgs, read without a JSON parser: it would copy and index what
// is nearly all of the body. Go writes the fields in their order and without spaces, so the body
// ends with ,"NodeNames":["a","b"]} and names of nodes need no escapes. What is written otherwise
// is left to the parser.

#include <optional>
#include <string_view>
#include <vector>

namespace berth::extender {

/// The list of names, from bracket to bracket, if the body ends as said; the names are appended, as
/// views of it. The list stands where a parser would find it if, and only if, the part before it
/// with "[]}" behind it is a JSON document: names are plain text and hold no quote, so that the key
/// before the list begins and ends where it seems to.
[[nodiscard]] std::optional<std::string_view>
read_trailing_names(std::string_view body, std::vector<std::string_view>& names);

} // namespace berth::extender
