// What is packed comes back: the same steps, each number to within what the header promises, and
// bytes that nobody packed are refused.

#include "analyzer/model/history/packed_aggregates.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr Duration kStep = 5min;

Aggregate aggregate(int step, double min, double mean, double p95, double max) {
  Aggregate one;
  one.start = kStart + step * kStep;
  one.min = min;
  one.mean = mean;
  one.p95 = p95;
  one.max = max;
  one.samples = 5;
  return one;
}

bool is_near(double read, double wanted, double error) {
  return std::abs(read - wanted) <= error * wanted;
}

/// Whether `read` is `written` as far as is promised.
bool is_rounded(const Aggregate& read, const Aggregate& written) {
  using Packed = PackedAggregates;
  return read.start == written.start &&
         read.samples == std::min(written.samples, Packed::kSamplesMax) &&
         is_near(read.mean, written.mean, Packed::kMeanErrorMax) &&
         is_near(read.min, written.min, Packed::kSpreadErrorMax) &&
         is_near(read.max, written.max, Packed::kSpreadErrorMax) &&
         is_near(read.p95, std::max(written.p95, written.mean), Packed::kSpreadErrorMax);
}

/// A step whose numbers lie within what measurements can be.
rc::Gen<Aggregate> steps_within(int step) {
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 60), rc::gen::inRange(0, 1000),
                                     rc::gen::inRange(0, 1000), rc::gen::inRange(1, 400)),
                      [step](const auto& parts) {
                        const auto [octave, below, above, samples] = parts;
                        const double mean = octave == 0 ? 0 : std::exp2(octave - 5);
                        Aggregate one = aggregate(step, mean * (1 - below / 1000.0), mean,
                                                  mean * 1.01, mean * (1.01 + above / 10.0));
                        one.samples = static_cast<std::size_t>(samples);
                        return one;
                      });
}

} // namespace

TEST_CASE("packed steps come back rounded as promised, gaps as gaps") {
  CHECK(rc::check([] {
    PackedAggregates packed(kStep);
    std::vector<Aggregate> written;
    int step = *rc::gen::inRange(0, 400);
    const auto count = *rc::gen::inRange(1, 60);
    for (int i = 0; i < count; ++i) {
      written.push_back(*steps_within(step));
      packed.push(written.back());
      step += *rc::gen::weightedOneOf<int>(
          {{8, rc::gen::just(1)}, {1, rc::gen::inRange(2, 20)}, {1, rc::gen::inRange(20, 4000)}});
    }
    const auto read = packed.since({});
    RC_ASSERT(read.size() == written.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      RC_ASSERT(is_rounded(read[i], written[i]));
      RC_ASSERT(read[i].min <= read[i].mean && read[i].mean <= read[i].p95 &&
                read[i].p95 <= read[i].max);
    }
    for (std::size_t i = 0; i < packed.chunks().size(); ++i)
      RC_ASSERT(PackedAggregates::decode(packed.chunks()[i], kStep).has_value());
  }));
}

TEST_CASE("zero stays zero, and a zero min of a busy step too") {
  PackedAggregates packed(kStep);
  packed.push(aggregate(0, 0, 0, 0, 0));
  packed.push(aggregate(1, 0, 100, 300, 400));
  const auto read = packed.since({});
  REQUIRE(read.size() == 2);
  CHECK(read[0] == aggregate(0, 0, 0, 0, 0));
  CHECK(read[1].min == 0);
}

TEST_CASE("two weeks take less than one kilobyte where nothing moves, and less than five where "
          "much does") {
  // Seed 5: a daily curve, 5 % noise from sample to sample, five samples in each step.
  Rng rng(5);
  PackedAggregates packed(kStep);
  for (int step = 0; step < 14 * 288; ++step) {
    const double level = 400 + 200 * std::sin(step / 288.0 * 6.283);
    std::vector<double> samples;
    for (int i = 0; i < 5; ++i)
      samples.push_back(level * (1 + 0.1 * (rng.unit() + rng.unit() - 1)));
    std::ranges::sort(samples);
    double mean = 0;
    for (const double sample : samples)
      mean += sample / 5;
    packed.push(aggregate(step, samples[0], mean, 0.8 * samples[4] + 0.2 * samples[3], samples[4]));
  }
  CHECK(packed.heap_bytes() < 4500);
  PackedAggregates idle(kStep);
  for (int step = 0; step < 14 * 288; ++step)
    idle.push(aggregate(step, 2, 2, 2, 2));
  CHECK(idle.heap_bytes() < 900);
}

TEST_CASE("what nobody packed is refused") {
  CHECK_FALSE(PackedAggregates::decode({}, kStep));
  const std::vector<std::uint8_t> zeros(16, 0); // a first step without samples
  CHECK_FALSE(PackedAggregates::decode(zeros, kStep));
  PackedAggregates packed(kStep);
  packed.push(aggregate(0, 1, 2, 3, 4));
  const auto chunk = packed.chunks()[0];
  CHECK_FALSE(PackedAggregates::decode(chunk.first(5), kStep));
}

TEST_CASE("days that are over can be dropped, and what is left goes on") {
  PackedAggregates packed(kStep);
  for (int step = 0; step < 3 * 288; ++step)
    packed.push(aggregate(step, 1, 2, 3, 4));
  packed.drop_before(kStart + 47h);
  CHECK(packed.since({}).front().start == kStart + 24h);
  packed.drop_before(kStart + 20 * 24h);
  CHECK(packed.empty());
  packed.push(aggregate(4 * 288, 1, 2, 3, 4));
  CHECK(packed.since({}).size() == 1);
}

} // namespace berth::analyzer
