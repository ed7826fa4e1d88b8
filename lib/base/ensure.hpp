#pragma once
// ensure(): the answer to a programmer's error. It stays on in release builds: a wrong ledger is
// worse than a restart, since everything in memory is rebuilt from the API. Never for bad input.

#include <source_location>
#include <string_view>

namespace berth {

/// Prints where and why to stderr and aborts.
[[noreturn]] void abort_because(std::string_view why, std::source_location where);

inline void ensure(bool condition, std::string_view why,
                   std::source_location where = std::source_location::current()) {
  if (!condition) [[unlikely]]
    abort_because(why, where);
}

} // namespace berth
