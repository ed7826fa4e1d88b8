#include <catch2/catch.hpp>

#include "lib/resources/quantity.hpp"

namespace {

using berth::resources::Amount;
using berth::resources::Notation;
using berth::resources::Quantity;

Quantity read(std::string_view text) {
  auto quantity = Quantity::parse(text);
  REQUIRE(quantity.has_value());
  return *quantity;
}

struct Example {
  std::string_view text;
  std::int64_t value;
  std::int64_t milli;
  std::string_view canonical;
};

} // namespace

TEST_CASE("a quantity is read exactly and written canonically") {
  const auto example = GENERATE(
      Example{"0", 0, 0, "0"}, Example{"1", 1, 1000, "1"}, Example{"500m", 1, 500, "500m"},
      Example{"1500m", 2, 1500, "1500m"}, Example{"1000m", 1, 1000, "1"},
      Example{"0.1", 1, 100, "100m"}, Example{".5", 1, 500, "500m"}, Example{"5.", 5, 5000, "5"},
      Example{"1.25", 2, 1250, "1250m"}, Example{"1k", 1000, 1'000'000, "1k"},
      Example{"1e3", 1000, 1'000'000, "1e3"}, Example{"1E3", 1000, 1'000'000, "1e3"},
      Example{"12e-1", 2, 1200, "1200e-3"}, Example{"1Ki", 1024, 1'024'000, "1Ki"},
      Example{"1.5Gi", 1'610'612'736, 1'610'612'736'000, "1536Mi"},
      Example{"0.5Ki", 512, 512'000, "512"}, Example{"1025Ki", 1'049'600, 1'049'600'000, "1025Ki"},
      Example{"+3M", 3'000'000, 3'000'000'000, "3M"}, Example{"-1", -1, -1000, "-1"},
      Example{"-1500m", -2, -1500, "-1500m"}, Example{"1n", 1, 1, "1n"},
      Example{"100u", 1, 1, "100u"}, Example{"2E", 2'000'000'000'000'000'000, INT64_MAX - 1, "2E"},
      Example{"0005", 5, 5000, "5"}, Example{"100000", 100'000, 100'000'000, "100k"});
  INFO(example.text);
  const Quantity quantity = read(example.text);
  CHECK(quantity.value() == Amount{example.value});
  CHECK(quantity.milli_value() == Amount{example.milli});
  CHECK(quantity.str() == example.canonical);
}

TEST_CASE("more precision than nine decimal places is rounded away from zero") {
  CHECK(read("0.1n").str() == "1n");
  CHECK(read("0.0000000001").str() == "1n");
  CHECK(read("1.0000000001").str() == "1000000001n");
  CHECK(read("-0.0000000001").str() == "-1n");
  CHECK(read("1e-300").str() == "1e-9");
  CHECK(read("0.1m").str() == "100u");
  CHECK(read("0.0009765625Ki") == read("1"));
}

TEST_CASE("a quantity above 2^63-1 is capped, not wrapped") {
  for (const char* text : {"9223372036854775807", "1e19", "9223372036854775808", "10E", "1e400",
                           "99999999999999999999999999999999999999999999999999", "8Ei", "9.3E"}) {
    INFO(text);
    CHECK(read(text) == Quantity::of(INT64_MAX));
    CHECK(read(std::string("-") + text) == Quantity::of(-INT64_MAX));
  }
  CHECK(read("1e19").value() == Amount{INT64_MAX});
  CHECK_FALSE(read("1e19").value().is_unlimited());
  CHECK(read("7Ei").str() == "7Ei");
}

TEST_CASE("what is not a quantity is refused with its text in the message") {
  for (const char* text :
       {"",    " ",    "1 ",   " 1",    "1 Gi", "Gi",    ".",   "-",   "+",   "e3",
        "1e",  "1e+",  "1ee3", "1.2.3", "1KiB", "1ki",   "1K",  "1mi", "--1", "+-1",
        "1,5", "0x10", "NaN",  "inf",   "1e3m", "1e1.5", "Ki1", "١",   "1\n"}) {
    INFO('"' << text << '"');
    const auto quantity = Quantity::parse(text);
    REQUIRE_FALSE(quantity.has_value());
    CHECK(quantity.error().code == berth::Code::Invalid);
    CHECK(quantity.error().message.find(text) != std::string::npos);
  }
  CHECK_FALSE(Quantity::parse(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("a text of the greatest length is read and one byte more is not") {
  const std::string longest(Quantity::kTextBytesMax, '0');
  CHECK(Quantity::parse(longest).has_value());
  CHECK_FALSE(Quantity::parse(longest + '0').has_value());
}

TEST_CASE("quantities compare by amount, whatever their notation") {
  CHECK(read("1") == read("1000m"));
  CHECK(read("1Ki") == read("1024"));
  CHECK(read("1Ki") > read("1k"));
  CHECK(read("-1") < read("0"));
}

TEST_CASE("a binary quantity below 1Ki or with a fraction is written in decimal") {
  CHECK(Quantity::of(1023, Notation::BinarySI).str() == "1023");
  CHECK(Quantity::of(1024, Notation::BinarySI).str() == "1Ki");
  CHECK(Quantity::of(-2048, Notation::BinarySI).str() == "-2Ki");
  CHECK(read("1.0001Ki").str() == "1024102400u");
}
