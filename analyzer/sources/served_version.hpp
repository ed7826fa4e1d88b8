#pragma once
// Which version of somebody else's API is served: it is asked for, not assumed.

#include <span>
#include <string>
#include <string_view>

#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

/// The first of `known` that an APIGroup lists; NotFound: none is.
[[nodiscard]] Result<std::string> decode_served_version(const std::string& text,
                                                        std::span<const std::string_view> known);

/// The same, asked of the API server. `known` must outlive the call.
[[nodiscard]] async::Task<Result<std::string>>
served_version(kube::Client& client, std::string group, std::span<const std::string_view> known);

} // namespace berth::analyzer
