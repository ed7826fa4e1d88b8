#include "analyzer/model/anomaly/novelty.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

/// The definition: for each lag the faded sum of squared differences, over the whole past.
std::optional<double> distance_by_definition(const std::vector<double>& values, std::size_t window,
                                             std::size_t memory) {
  const std::size_t now = values.size() - 1;
  const double fade = 1 - 1 / static_cast<double>(window);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t lag = window; lag <= memory && lag + 2 * window <= values.size(); ++lag) {
    double sum = 0;
    double weight = 1;
    for (std::size_t at = now; at >= lag; --at) {
      sum += weight * (values[at] - values[at - lag]) * (values[at] - values[at - lag]);
      weight *= fade;
    }
    least = std::min(least, std::sqrt(sum / static_cast<double>(window)));
  }
  return std::isfinite(least) ? std::optional(least) : std::nullopt;
}

} // namespace

TEST_CASE("the distance in one pass is the one by definition") {
  Rng rng{17};
  Novelty novelty(4, 30);
  std::vector<double> values;
  for (int i = 0; i < 200; ++i) { // long enough for the memory to move several times
    values.push_back(rng.unit());
    const auto found = novelty.add(values.back());
    if (values.size() <= 12) {
      CHECK_FALSE(found);
      continue;
    }
    REQUIRE(found);
    CAPTURE(i);
    CHECK(*found == Approx(*distance_by_definition(values, 4, 30)));
  }
}

TEST_CASE("what repeats itself comes to no distance, and something new to all of it") {
  Novelty novelty(4, 100);
  double last = 0;
  for (int i = 0; i < 400; ++i)
    last = novelty.add(i % 25 < 5 ? 10 : 0).value_or(0);
  CHECK(last == Approx(0).margin(1e-3));
  // 8 off, once: sqrt(8 x 8 / 4).
  CHECK(*novelty.add(18) == Approx(4).margin(0.01));
}

} // namespace berth::analyzer
