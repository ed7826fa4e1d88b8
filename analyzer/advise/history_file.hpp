#pragma once
// The file that carries the history over a restart. It is a cache: without it, or with one that is
// damaged, the analyzer measures anew.

#include <string>

#include "analyzer/model/history/history.hpp"
#include "lib/base/result.hpp"

namespace berth::analyzer {

/// Fills an empty `into`. NotFound where there is no file; other errors say why it is of no use.
[[nodiscard]] Result<void> read_history_file(const std::string& path, TimePoint now, History& into);
/// Replaces the file as a whole: whoever reads it sees the old one or the new one.
[[nodiscard]] Result<void> write_history_file(const std::string& path, const History& history);

} // namespace berth::analyzer
