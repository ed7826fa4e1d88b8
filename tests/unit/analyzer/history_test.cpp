// The store of all series: its limits, what is forgotten, and its snapshot.

#include "analyzer/model/history/history.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "analyzer/model/history/snapshot.hpp"
#include "lib/base/fnv.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// Adds a sample a minute to the series; values go up and down between 100 and 200.
void measure(History& history, std::string_view name, TimePoint from, Duration span) {
  for (Duration passed{0}; passed < span; passed += 1min) {
    const double phase = static_cast<double>(passed / 1min) / 700;
    REQUIRE(history.add(name, {from + passed, 150 + 50 * std::sin(phase)}, from + passed) ==
            SampleFate::Added);
  }
}

/// The checksum that the last eight bytes must be, put right.
std::string with_checksum(std::string bytes) {
  const std::uint64_t hash = fnv1a(std::string_view(bytes).substr(0, bytes.size() - 8));
  for (std::size_t i = 0; i < 8; ++i)
    bytes[bytes.size() - 8 + i] = static_cast<char>(hash >> (8 * i) & 0xFFU);
  return bytes;
}

} // namespace

TEST_CASE("a name is a path of its parts") {
  CHECK(series_name({"workload", "ns", "web", "cpu"}) == "workload/ns/web/cpu");
}

TEST_CASE("series begin with their first sample and are found by name") {
  History history({});
  CHECK(history.find("node/a/cpu") == nullptr);
  measure(history, "node/a/cpu", kStart, 10min);
  REQUIRE(history.find("node/a/cpu") != nullptr);
  CHECK(history.find("node/a/cpu")->samples().size() == 10);
}

TEST_CASE("what sources do wrong is counted over all series, also those that are gone") {
  HistoryLimits limits;
  limits.forget_after = 1h;
  History history({}, limits);
  const auto add = [&](const char* name, TimePoint at, double value) {
    return history.add(name, {at, value}, kStart + 10min);
  };
  CHECK(add("a", kStart + 5min, 1) == SampleFate::Added);
  CHECK(add("a", kStart + 5min, 1) == SampleFate::Duplicate);
  CHECK(add("b", kStart + 5min, std::nan("")) == SampleFate::NotANumber);
  CHECK(add("a", kStart + 9min, 1) == SampleFate::Added);
  CHECK(add("a", kStart + 1min, 1) == SampleFate::OutOfOrder);
  history.tend(kStart + 3h);
  CHECK(history.totals().series == 0);
  const SampleCounts& counts = history.totals().samples;
  CHECK(counts.added == 2);
  CHECK(counts.duplicates == 1);
  CHECK(counts.not_numbers == 1);
  CHECK(counts.out_of_order == 1);
  CHECK(counts.missing == 3);
}

TEST_CASE("beyond its limit no series begins, and that is counted") {
  HistoryLimits limits;
  limits.series_max = 2;
  History history({}, limits);
  CHECK(history.add("a", {kStart, 1}, kStart));
  CHECK(history.add("b", {kStart, 1}, kStart));
  CHECK_FALSE(history.add("c", {kStart, 1}, kStart));
  CHECK(history.add("a", {kStart + 1min, 1}, kStart + 1min));
  CHECK(history.totals().refused == 1);
}

TEST_CASE("where memory is short all series keep fewer days, and more again when it is not") {
  constexpr auto kSpan = 4 * 24h;
  const auto filled_with = [&](const HistoryLimits& limits) {
    History history({}, limits);
    for (int i = 0; i < 30; ++i)
      measure(history, "node/" + std::to_string(i), kStart, kSpan);
    history.tend(kStart + kSpan);
    return history;
  };
  HistoryLimits limits;
  limits.forget_after = 12h;
  limits.bytes_max = filled_with(limits).totals().bytes - 1000;
  History history = filled_with(limits);
  CHECK(history.totals().bytes <= limits.bytes_max);
  const Duration kept = history.totals().kept;
  CHECK(kept < 4 * 24h);
  CHECK(kept >= 24h);
  CHECK(history.find("node/3")->aggregates().front().start > kStart);
  measure(history, "node/1", kStart + kSpan, 24h); // the others are forgotten
  history.tend(kStart + kSpan + 24h);
  history.tend(kStart + kSpan + 24h);
  CHECK(history.totals().series == 1);
  CHECK(history.totals().kept > kept);
}

TEST_CASE("marks keep the highest value and nothing else") {
  History history({});
  CHECK(history.mark("x") == 0);
  history.raise("x", 5, kStart);
  history.raise("x", 3, kStart);
  history.raise("x", std::nan(""), kStart);
  CHECK(history.mark("x") == 5);
}

TEST_CASE("a mark is kept as long as what it is of is seen, and then for its time") {
  HistoryLimits limits;
  limits.forget_marks_after = 48h;
  History history({}, limits);
  history.raise("seen", 5, kStart);
  history.raise("gone", 5, kStart);
  history.see("seen", kStart + 40h);
  history.see("never raised", kStart);
  history.tend(kStart + 48h);
  CHECK(history.mark("gone") == 5);
  history.tend(kStart + 49h);
  CHECK(history.mark("gone") == 0);
  CHECK(history.mark("seen") == 5);
  CHECK(history.totals().marks == 1);
  history.tend(kStart + 89h);
  CHECK(history.marks().empty());
}

TEST_CASE("beyond its limit no mark begins, and that is counted") {
  HistoryLimits limits;
  limits.marks_max = 1;
  History history({}, limits);
  history.raise("a", 1, kStart);
  history.raise("b", 1, kStart);
  history.raise("a", 2, kStart);
  CHECK(history.mark("a") == 2);
  CHECK(history.mark("b") == 0);
  CHECK(history.totals().marks_refused == 1);
}

TEST_CASE("a snapshot brings back steps, samples and marks") {
  History before({});
  measure(before, "node/a/cpu", kStart, 26h + 3min);
  measure(before, "node/b/cpu", kStart, 2min);
  before.raise("killed/x", 1e9, kStart + 1h);
  const TimePoint now = kStart + 26h + 10min;
  History after({});
  REQUIRE(decode_snapshot(encode_snapshot(before), now, after));
  CHECK(after.marks() == before.marks());
  REQUIRE(after.series().size() == 2);
  const Series& series = *after.find("node/a/cpu");
  CHECK(series.aggregates() == before.find("node/a/cpu")->aggregates());
  CHECK(series.samples() == before.find("node/a/cpu")->samples());
  // It goes on where it was, and a second snapshot says the same.
  CHECK(encode_snapshot(after) == encode_snapshot(before));
  measure(after, "node/a/cpu", now, 10min);
  CHECK(after.find("node/a/cpu")->aggregates().size() ==
        before.find("node/a/cpu")->aggregates().size() + 2);
}

TEST_CASE("a snapshot that is damaged in any byte is refused and nothing of it is taken") {
  History before({});
  measure(before, "a", kStart, 30min);
  before.raise("m", 1, kStart);
  const std::string good = encode_snapshot(before);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    History after({});
    CHECK_FALSE(decode_snapshot(bad, kStart + 1h, after));
    CHECK(after.series().empty());
    CHECK(after.marks().empty());
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
    History after({});
    CHECK_FALSE(decode_snapshot(good.substr(0, length), kStart + 1h, after));
  }
}

TEST_CASE("a snapshot whose bytes are wrong under a right checksum breaks nothing") {
  History before({});
  measure(before, "a", kStart, 30min);
  const std::string good = encode_snapshot(before);
  for (std::size_t i = 8; i + 8 < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0xFF);
    History after({});
    if (decode_snapshot(with_checksum(bad), kStart + 1h, after))
      for (const auto& [name, series] : after.series())
        CHECK(series.samples().size() + series.aggregates().size() <= 400);
  }
}

TEST_CASE("a snapshot from after now is a wrong clock, and is left out") {
  History before({});
  measure(before, "a", kStart, 30min);
  before.raise("m", 1, kStart);
  History after({});
  REQUIRE(decode_snapshot(encode_snapshot(before), kStart - 1h, after));
  CHECK(after.marks().at("m") == Mark{1, kStart - 1h});
  REQUIRE(after.find("a") != nullptr);
  CHECK(after.find("a")->samples().empty());
  CHECK(after.find("a")->aggregates().empty());
  CHECK(after.add("a", {kStart, 1}, kStart) == SampleFate::Added);
}

} // namespace berth::analyzer
