#include "analyzer/model/forecast/spectrum.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

std::vector<double> noise(std::size_t count, std::uint64_t seed) {
  Rng rng{seed};
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(rng.unit());
  return values;
}

/// The definition, pair by pair.
double correlation_at(const std::vector<double>& values, std::size_t lag) {
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values)
    mean += value / count;
  double whole = 0;
  for (const double value : values)
    whole += (value - mean) * (value - mean) / count;
  double sum = 0;
  for (std::size_t i = 0; i + lag < values.size(); ++i)
    sum += (values[i] - mean) * (values[i + lag] - mean);
  return sum / static_cast<double>(values.size() - lag) / whole;
}

} // namespace

TEST_CASE("what alternates is the opposite of itself one step later and itself two steps later") {
  const std::vector<double> values{1, -1, 1, -1, 1, -1, 1, -1};
  const auto correlation = Spectrum(values.size()).autocorrelation(values);
  CHECK(correlation[0] == Approx(1));
  CHECK(correlation[1] == Approx(-1));
  CHECK(correlation[2] == Approx(1));
  CHECK(correlation[7] == Approx(-1));
}

TEST_CASE("the autocorrelation by transform is the one by definition, for any length") {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 64U, 101U, 360U}) {
    const auto values = noise(count, count);
    const auto correlation = Spectrum(count).autocorrelation(values);
    REQUIRE(correlation.size() == count);
    for (std::size_t lag = 0; lag < count && count > 1; ++lag) {
      CAPTURE(count, lag);
      CHECK(correlation[lag] == Approx(correlation_at(values, lag)).margin(1e-9));
    }
  }
}

TEST_CASE("the power of a wave is at its frequency, and all power together is one") {
  constexpr std::size_t kCount = 240;
  std::vector<double> values;
  for (std::size_t i = 0; i < kCount; ++i)
    values.push_back(5 + std::sin(2 * std::numbers::pi * static_cast<double>(i) / 20));
  const auto power = Spectrum(kCount).power(values);
  REQUIRE(power.size() == kCount / 2 + 1);
  const auto strongest = std::ranges::max_element(power) - power.begin();
  CHECK(strongest == 12); // 240 steps hold the wave twelve times
  double total = 0;
  for (const double share : power)
    total += share;
  CHECK(total == Approx(1));
  CHECK(power[11] + power[12] + power[13] > 0.99);
}

TEST_CASE("a constant series repeats nothing") {
  const std::vector<double> values(50, 0.1);
  const Spectrum spectrum(values.size());
  CHECK(spectrum.autocorrelation(values) == std::vector<double>(50, 0.0));
  CHECK(spectrum.power(values) == std::vector<double>(26, 0.0));
}

} // namespace berth::analyzer
