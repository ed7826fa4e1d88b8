#pragma once
// Rng: reproducible randomness from a seed, the same on every platform (the standard
// distributions are not). For jitter, tie shuffles in simulations and ids; never for secrets.

#include <cstdint>

namespace berth {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
class Rng {
public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, bound); bound must be > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  [[nodiscard]] double unit();

private:
  std::uint64_t state_;
};

} // namespace berth
