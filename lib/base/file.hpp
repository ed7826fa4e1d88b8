#pragma once
// Reading and writing small local files whole: certificates, tokens, kubeconfigs, time zones. Never
// anything that grows without a bound.

#include <cstddef>
#include <string>

#include "lib/base/result.hpp"

namespace berth {

/// The file's bytes. NotFound when it cannot be opened, TooLarge beyond `bytes_max`, Invalid when
/// it cannot be read (a directory). Messages begin with the path.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

/// Replaces what the file held. Invalid, with the path, when it cannot be written.
[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& text);

} // namespace berth
