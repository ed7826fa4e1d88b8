#pragma once
// Base64 (RFC 4648), for the *-data fields of a kubeconfig and of what exec plugins are told.

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::kube {

/// Padding is demanded, spaces and line ends are passed over (YAML folds long values); anything
/// else is Invalid.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);
/// With padding, on one line.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

} // namespace berth::kube
