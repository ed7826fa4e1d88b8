#pragma once
// What a series repeats: its autocorrelation, and the power of its frequencies, both by fast
// Fourier transform. For periods.cpp; nothing here decides what a period is.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace berth::analyzer {

/// For series of one length: what the transform needs to know in advance is made once.
class Spectrum {
public:
  /// `size` is that of every series asked about; at least 1.
  explicit Spectrum(std::size_t size);
  ~Spectrum();
  Spectrum(const Spectrum&) = delete;
  Spectrum& operator=(const Spectrum&) = delete;

  /// The correlation of `values` with themselves `lag` steps later, for lags 0 to size - 1, each as
  /// a mean over the pairs that overlap (so that long lags are not damped); 1 at lag 0. A constant
  /// series has none: all zero.
  [[nodiscard]] std::vector<double> autocorrelation(std::span<const double> values) const;

  /// Power at frequency i / size, for i from 0 to size / 2, of the values less their mean, under a
  /// Hann window so that a strong frequency does not leak into all others. Sums to 1; a constant
  /// series has none: all zero.
  [[nodiscard]] std::vector<double> power(std::span<const double> values) const;

private:
  struct Transform;

  std::size_t size_;
  std::unique_ptr<Transform> transform_;
};

} // namespace berth::analyzer
