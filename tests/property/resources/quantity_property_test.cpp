#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <array>

#include "lib/resources/quantity.hpp"

namespace {

using berth::resources::Amount;
using berth::resources::Int128;
using berth::resources::Quantity;

struct Suffix {
  const char* text;
  Int128 numerator;   ///< of nano units per unit of the number
  Int128 denominator; ///< 1, or what makes the numerator whole
};

constexpr Int128 kNano = 1'000'000'000;
const std::array kSuffixes{Suffix{"n", 1, 1},
                           Suffix{"u", 1000, 1},
                           Suffix{"m", 1'000'000, 1},
                           Suffix{"", kNano, 1},
                           Suffix{"k", kNano * 1000, 1},
                           Suffix{"e-12", 1, 1000},
                           Suffix{"e2", kNano * 100, 1},
                           Suffix{"Ki", kNano << 10U, 1},
                           Suffix{"Mi", kNano << 20U, 1},
                           Suffix{"Gi", kNano << 30U, 1}};

/// whole.fraction (three digits) x suffix in nano units, by school arithmetic in 128 bits.
Int128 expected_nano(std::int64_t thousandths, const Suffix& suffix) {
  const Int128 product = Int128{thousandths} * suffix.numerator;
  const Int128 divisor = suffix.denominator * 1000;
  const Int128 nano = product / divisor + (product % divisor == 0 ? 0 : 1);
  return std::min(nano, Int128{INT64_MAX} * kNano);
}

Int128 rounded_up(Int128 nano, Int128 unit) {
  return nano / unit + (nano % unit == 0 ? 0 : 1);
}

} // namespace

TEST_CASE("a quantity agrees with school arithmetic in every notation") {
  REQUIRE(rc::check("value and milli value are the exact number, rounded up", [] {
    const auto thousandths = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
    const Suffix& suffix = kSuffixes[*rc::gen::inRange<std::size_t>(0, kSuffixes.size())];
    std::string fraction = std::to_string(thousandths % 1000);
    fraction.insert(0, 3 - fraction.size(), '0');
    const std::string text = std::to_string(thousandths / 1000) + "." + fraction + suffix.text;
    RC_LOG(text);

    const auto quantity = Quantity::parse(text);
    const auto negative = Quantity::parse("-" + text);
    RC_ASSERT(quantity.has_value());
    RC_ASSERT(negative.has_value());
    const Int128 nano = expected_nano(thousandths, suffix);
    RC_ASSERT(quantity->value() == Amount::saturated(rounded_up(nano, kNano)));
    RC_ASSERT(quantity->milli_value() == Amount::saturated(rounded_up(nano, 1'000'000)));
    RC_ASSERT(negative->value() == -quantity->value());
  }));
}

TEST_CASE("writing and reading a quantity gives it back, and the text is canonical") {
  REQUIRE(rc::check("str() is a fixed point", [] {
    const auto digits = *rc::gen::container<std::string>(rc::gen::inRange('0', ':'));
    const auto suffix = *rc::gen::elementOf(
        std::vector<std::string>{"", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi",
                                 "Ti", "Pi", "Ei", "e3", "e-7", "E+11"});
    const auto point = *rc::gen::inRange<std::size_t>(0, digits.size() + 1);
    std::string text = digits.substr(0, 100);
    if (point < text.size())
      text.insert(point, ".");
    const auto quantity = Quantity::parse(text + suffix);
    RC_PRE(quantity.has_value());
    const auto again = Quantity::parse(quantity->str());
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *quantity);
    RC_ASSERT(again->str() == quantity->str());
  }));
}

TEST_CASE("no text makes the reader do anything but answer") {
  REQUIRE(rc::check("any bytes are read or refused", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
        {{5, rc::gen::elementOf(std::string("0123456789.eE+-inumkMGTPEKi "))},
         {1, rc::gen::arbitrary<char>()}}));
    if (const auto quantity = Quantity::parse(text))
      RC_ASSERT(Quantity::parse(quantity->str()).has_value());
  }));
}
