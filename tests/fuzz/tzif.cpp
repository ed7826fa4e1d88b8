// A TZif file: read or refused; a zone that is read answers for any instant, and its local times
// lead back.

#include <array>
#include <chrono>
#include <cstdint>

#include "lib/allocation/time_zone.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using namespace berth::allocation;
  using namespace std::chrono_literals;
  const auto zone = TimeZone::from_tzif("fuzzed", {data, size});
  if (!zone)
    return 0;
  ensure(size <= TimeZone::kFileBytesMax, "a file over the limit was read");
  constexpr std::array kYears{std::chrono::year{1970}, std::chrono::year{2026},
                              std::chrono::year{2199}};
  for (const auto year : kYears) {
    const UtcSeconds instant = std::chrono::sys_days{year / 3 / 29} + 1h;
    const LocalSeconds local = (*zone)->to_local(instant);
    ensure(local.time_since_epoch() - instant.time_since_epoch() == (*zone)->offset_at(instant),
           "local time is not ahead by the offset");
    ensure((*zone)->to_utc(local) <= instant, "of two instants the later one was given");
    if (const auto change = (*zone)->next_change(instant))
      ensure(*change > instant, "the next change is not after the instant");
  }
  return 0;
}
