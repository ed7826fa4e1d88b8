#pragma once
// PackedAggregates: aggregates of one series in one bit each where nothing moves and about eight
// where much does, so that two weeks of them fit into one to five kilobytes. What it keeps is
// rounded: the mean to within kMeanErrorMax of itself, min, max and p95 to within kSpreadErrorMax,
// and a p95 below the mean reads as the mean. Zero stays zero. Their numbers are coded as their
// differences from what the step before lets expect (Golomb 1966 and Rice 1979, with a parameter
// that follows the numbers as in JPEG-LS).
//
// One chunk per day can be dropped and read by itself.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/model/history/aggregate.hpp"
#include "lib/base/result.hpp"

namespace berth::analyzer {

class PackedAggregates {
public:
  static constexpr double kMeanErrorMax = 0.015;
  static constexpr double kSpreadErrorMax = 0.045;
  /// More samples in one step read as so many.
  static constexpr std::size_t kSamplesMax = 255;
  static constexpr Duration kChunk = std::chrono::hours{24};

  /// `step` is the length of every step; it divides a day.
  explicit PackedAggregates(Duration step) : step_(step) {}

  /// Adds one that starts after all others, on a whole step, and has samples.
  void push(const Aggregate& aggregate);
  /// Those that start at `from` or later, oldest first.
  [[nodiscard]] std::vector<Aggregate> since(TimePoint from) const;
  /// Drops the days that end at `time` or before.
  void drop_before(TimePoint time);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  /// What it has on the heap.
  [[nodiscard]] std::size_t heap_bytes() const;

  /// The days as bytes for a snapshot, oldest first.
  [[nodiscard]] std::vector<std::span<const std::uint8_t>> chunks() const;
  /// What the bytes of one chunk say, which may be anybody's. Invalid if that is nothing.
  [[nodiscard]] static Result<std::vector<Aggregate>> decode(std::span<const std::uint8_t> chunk,
                                                             Duration step);

private:
  /// The numbers that an aggregate is kept as; see packed_aggregates.cpp.
  struct Codes {
    std::int16_t mean = 0;
    std::uint8_t above = 0;
    std::uint8_t p95_below = 0;
    std::uint8_t below = 0;
    friend bool operator==(const Codes&, const Codes&) = default;
  };
  /// What the coder knows after a step, the same when it writes and when it reads.
  struct Course {
    std::uint32_t step = 0; ///< counted from the epoch
    Codes codes{};
    std::int16_t expected_mean = 0;
    std::uint8_t samples = 0;
    std::uint16_t sizes[4] = {}; ///< of the coded numbers lately, in sixteenths
  };
  struct Chunk {
    std::uint32_t first_step = 0;
    std::uint32_t begin = 0; ///< in bytes_
  };
  class Coder;

  [[nodiscard]] static Codes quantized(const Aggregate& aggregate);
  [[nodiscard]] static Aggregate restored(const Codes& codes);
  [[nodiscard]] std::span<const std::uint8_t> bytes_of(std::size_t chunk) const;

  Duration step_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Chunk> chunks_;
  Course course_;
  std::uint8_t used_bits_ = 8; ///< of the last byte
};

} // namespace berth::analyzer
