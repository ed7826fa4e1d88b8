#pragma once
// The guarded parse of outside JSON: custom resources, kubeconfig exec output, metrics, request
// bodies on cold paths. It refuses what parsers usually let through: duplicate keys, deep nesting,
// trailing text, oversized input. Only .cpp files include this header; it brings in the parser.

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "lib/base/result.hpp"

namespace berth::api {

using Json = nlohmann::json;

struct JsonLimits {
  /// One object at the API server is at most 1.5 MB; pages of lists need more.
  std::size_t text_bytes_max = std::size_t{3} << 20U;
  std::size_t depth_max = 64;
};

/// One JSON document and nothing behind it. Invalid says where it went wrong; TooLarge when the
/// text is longer than the limit.
[[nodiscard]] Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

/// Compact text with keys in alphabetical order: the same value gives the same bytes. Text that is
/// not UTF-8 is written with replacement characters, since the API server would refuse it.
[[nodiscard]] std::string to_text(const Json& value);

} // namespace berth::api
