#include "lib/base/rng.hpp"

#include "lib/base/ensure.hpp"

namespace berth {

std::uint64_t Rng::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

std::uint64_t Rng::below(std::uint64_t bound) {
  ensure(bound > 0, "Rng::below needs a positive bound");
  const std::uint64_t uneven_tail = (0 - bound) % bound; // 2^64 mod bound
  std::uint64_t drawn = next();
  while (drawn < uneven_tail)
    drawn = next();
  return drawn % bound;
}

double Rng::unit() {
  return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

} // namespace berth
