#pragma once
// What the API server trusts when it calls Berth: the caBundle of each entry of a
// MutatingWebhookConfiguration, and that of an APIService.

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::op {

/// The JSON patch that makes every entry of `configuration` trust `bundle`, if it is still that
/// one; nothing if all do. Invalid: the text is no such configuration.
[[nodiscard]] Result<std::optional<std::string>> trust_patch(std::string_view configuration,
                                                             std::string_view bundle);

/// The same for an APIService.
[[nodiscard]] Result<std::optional<std::string>> api_service_trust_patch(std::string_view service,
                                                                         std::string_view bundle);

} // namespace berth::op
