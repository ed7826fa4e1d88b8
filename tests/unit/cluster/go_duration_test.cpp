#include "lib/cluster/go_duration.hpp"

#include <catch2/catch.hpp>

namespace berth::cluster {

using namespace std::chrono_literals;

TEST_CASE("durations are read as Go writes them") {
  const auto row = GENERATE(table<std::string, Duration>({
      {"0", 0ms},
      {"0s", 0ms},
      {"20s", 20s},
      {"1m0s", 1min},
      {"1m30.5s", 90'500ms},
      {"10.091s", 10'091ms},
      {"10.0919999s", 10'091ms},
      {".5s", 500ms},
      {"1.s", 1s},
      {"250ms", 250ms},
      {"1500us", 1ms},
      {"999999ns", 0ms},
      {"3\xc2\xb5s", 0ms},
      {"24h", 24h},
      {"1h1m1s1ms", 3'661'001ms},
  }));
  CAPTURE(std::get<0>(row));
  const auto duration = parse_go_duration(std::get<0>(row));
  REQUIRE(duration);
  CHECK(*duration == std::get<1>(row));
}

TEST_CASE("what is not a duration, negative, or longer than a day is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", " ", "s", "20", "-20s", "+20s", "20 s", "20S", "1d", ".s",
               "1e3s", "20s ", "1..5s", "24h1ns", "25h", "99999999999999999999h",
               "0.99999999999999999999d", std::string(65, '1') + "s", std::string("1m\0s", 4));
  CAPTURE(text);
  const auto refused = parse_go_duration(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Invalid);
}

} // namespace berth::cluster
