#pragma once
// Running another program to its end with limits on time and output: for exec plugins only. It
// blocks its thread, so it is called on a helper thread.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::kube {

struct ChildProcess {
  std::string command; ///< looked up in PATH when it has no '/'
  std::vector<std::string> args;
  /// Added to this program's own environment, in front of variables of the same name.
  std::vector<std::pair<std::string, std::string>> env;
  Duration timeout = std::chrono::seconds{60};
  std::size_t output_bytes_max = std::size_t{1} << 20U;
};

/// What the program wrote to standard output; its standard error is ours, its standard input empty.
/// NotFound when it does not exist, Timeout and TooLarge after it was killed for that, Internal
/// when it failed.
[[nodiscard]] Result<std::string> run_child(const ChildProcess& child);

} // namespace berth::kube
