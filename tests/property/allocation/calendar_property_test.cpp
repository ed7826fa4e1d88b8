// Calendars against a list of slots, one for each minute.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <array>

#include "lib/allocation/calendar.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kSlots = 24;
constexpr int kCapacity = 10;

struct Booking {
  int from = 0;
  int length = 0; ///< 0: for ever
  int amount = 0;
  friend void showValue(const Booking& booking, std::ostream& out) {
    out << "{from " << booking.from << ", length " << booking.length << ", amount "
        << booking.amount << "}";
  }
};

rc::Gen<std::vector<Booking>> bookings() {
  return rc::gen::container<std::vector<Booking>>(
      rc::gen::build<Booking>(rc::gen::set(&Booking::from, rc::gen::inRange(0, kSlots)),
                              rc::gen::set(&Booking::length, rc::gen::inRange(0, kSlots)),
                              rc::gen::set(&Booking::amount, rc::gen::inRange(0, 5))));
}

TimePoint at(int slot) {
  return kNow + std::chrono::minutes{slot};
}

TimeRange range_of(const Booking& booking) {
  return {at(booking.from),
          booking.length == 0 ? TimePoint::max() : at(booking.from + booking.length)};
}

CalendarLoad load(int amount) {
  return {{{"cpu", amount}}, amount};
}

/// Free amount in each slot; the last one stands for all that follows.
std::array<int, 3 * kSlots> slots_of(const std::vector<Booking>& bookings) {
  std::array<int, 3 * kSlots> free{};
  free.fill(kCapacity);
  for (const Booking& booking : bookings)
    for (int slot = 0; slot < 3 * kSlots; ++slot)
      if (slot >= booking.from && (booking.length == 0 || slot < booking.from + booking.length))
        free.at(static_cast<std::size_t>(slot)) -= booking.amount;
  return free;
}

bool fits_in_slots(const std::array<int, 3 * kSlots>& free, int from, int length, int amount) {
  for (int slot = from; slot < 3 * kSlots && (length == 0 || slot < from + length); ++slot)
    if (amount > 0 && free.at(static_cast<std::size_t>(slot)) < amount)
      return false;
  return true;
}

} // namespace

TEST_CASE("R1: a calendar answers as a list of minutes does, however it was filled") {
  REQUIRE(rc::check("against slots", [] {
    const auto given = *bookings();
    const auto added = *bookings();
    auto all = given;
    all.insert(all.end(), added.begin(), added.end());
    std::vector<CalendarHold> holds;
    for (const Booking& booking : given)
      holds.push_back({range_of(booking), load(booking.amount)});
    Calendar calendar(load(kCapacity), holds);
    for (const Booking& booking : added)
      calendar.hold({range_of(booking), load(booking.amount)});

    const auto free = slots_of(all);
    const int amount = *rc::gen::inRange(0, 12);
    const int length = *rc::gen::inRange(0, 9);
    const Duration duration = length == 0 ? Duration::max() : std::chrono::minutes{length};
    std::optional<TimePoint> earliest;
    for (int from = kSlots; from >= 0; --from) {
      const Booking asked{from, length, amount};
      const bool fits = fits_in_slots(free, from, length, amount);
      RC_ASSERT(calendar.fits(range_of(asked), load(amount)) == fits);
    }
    for (int from = 3 * kSlots - 10; from >= 3; --from)
      if (fits_in_slots(free, from, length, amount))
        earliest = at(from);
    RC_ASSERT(calendar.earliest_fit(at(3), duration, load(amount)) == earliest);
  }));
}
