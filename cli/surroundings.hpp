#pragma once
// What a command knows of the world besides its options and the API server: the time, and the
// terminal it speaks to. main() fills it in; tests put in what they want to see.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/output/text.hpp"
#include "lib/async/executor.hpp"
#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

/// The status that a GET of a URL is answered with.
using GetStatus = std::function<async::Task<Result<int>>(std::string url)>;

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t lines = 24;

  friend bool operator==(const ScreenSize&, const ScreenSize&) = default;
};

/// For commands that go on: how they wait, and how they show what they have so far.
struct Going {
  std::function<TimePoint()> now{};
  std::function<async::Task<void>(Duration)> wait{};
  /// Straight to stdout; false: nobody reads any more.
  std::function<bool(std::string_view)> write{};
  /// Of the terminal as it is now; nothing where stdout is none.
  std::function<std::optional<ScreenSize>()> screen{};
};

struct Surroundings {
  std::string default_namespace = "default";
  TimePoint now{};
  Paint paint{};
  GetStatus get_status{}; ///< for health
  Going going{};          ///< for monitor, --watch and --wait
  /// That the client works on; for release, which writes much at once.
  async::Executor* executor = nullptr;
};

} // namespace berth::cli
