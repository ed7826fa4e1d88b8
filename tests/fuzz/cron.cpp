// A schedule: read or refused; the next time is after the one asked about, and stays the same text.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/allocation/cron.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using namespace berth::allocation;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto schedule = CronSchedule::parse(text);
  if (!schedule)
    return 0;
  ensure(text.size() <= CronSchedule::kTextBytesMax, "a text over the limit was read");
  ensure(schedule->text() == text, "the text changed");
  const UtcSeconds instant = std::chrono::sys_days{std::chrono::year{2026} / 2 / 28};
  const auto next = schedule->next(instant, *TimeZone::utc());
  if (!next)
    return 0;
  ensure(*next > instant, "the next time is not after the one asked about");
  const auto after = schedule->next(*next, *TimeZone::utc());
  ensure(!after || *after > *next, "time stands still");
  return 0;
}
