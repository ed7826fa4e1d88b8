#include "analyzer/model/forecast/spectrum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "lib/base/ensure.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <kissfft/kissfft.hh>
#pragma GCC diagnostic pop

namespace berth::analyzer {
namespace {

using Complex = std::complex<double>;

/// Variance below this share of the squared mean is rounding, not a course.
constexpr double kVarianceShareMin = 1e-18;

/// The values less their mean; empty if there is nothing but the mean.
std::vector<double> centred(std::span<const double> values) {
  std::vector<double> centred(values.begin(), values.end());
  if (values.empty())
    return centred;
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double variance = 0;
  for (double& value : centred) {
    value -= mean;
    variance += value * value;
  }
  if (variance <= kVarianceShareMin * mean * mean * static_cast<double>(values.size()))
    centred.clear();
  return centred;
}

} // namespace

/// Of series padded with zeros to twice their length, which keeps the end from wrapping around to
/// the beginning, and to a power of two.
struct Spectrum::Transform {
  explicit Transform(std::size_t size)
      : padded_size(std::bit_ceil(2 * size)), plan(padded_size, false) {}

  [[nodiscard]] std::vector<Complex> of(const std::vector<Complex>& input) const {
    std::vector<Complex> output(padded_size);
    // The library's transform is not const only since it keeps scratch space for rare lengths.
    const_cast<kissfft<double>&>(plan).transform(input.data(), output.data()); // NOLINT
    return output;
  }

  std::size_t padded_size;
  kissfft<double> plan;
};

Spectrum::Spectrum(std::size_t size)
    : size_(size), transform_(std::make_unique<Transform>(std::max<std::size_t>(size, 1))) {}

Spectrum::~Spectrum() = default;

std::vector<double> Spectrum::autocorrelation(std::span<const double> values) const {
  ensure(values.size() == size_, "a spectrum is for series of one length");
  const auto series = centred(values);
  std::vector<double> result(size_);
  if (series.empty())
    return result;
  std::vector<Complex> padded(transform_->padded_size);
  std::copy(series.begin(), series.end(), padded.begin());
  auto spectrum = transform_->of(padded);
  for (auto& amplitude : spectrum)
    amplitude = std::norm(amplitude);
  // Real and even, so transforming forward again is the inverse but for the scale.
  const auto products = transform_->of(spectrum);
  const double whole = products[0].real() / static_cast<double>(size_);
  for (std::size_t lag = 0; lag < size_; ++lag)
    result[lag] = products[lag].real() / static_cast<double>(size_ - lag) / whole;
  return result;
}

std::vector<double> Spectrum::power(std::span<const double> values) const {
  ensure(values.size() == size_, "a spectrum is for series of one length");
  const auto series = centred(values);
  std::vector<double> power(size_ / 2 + 1);
  if (series.empty())
    return power;
  std::vector<Complex> padded(transform_->padded_size);
  const double turn = 2 * std::numbers::pi / static_cast<double>(size_);
  for (std::size_t i = 0; i < size_; ++i)
    padded[i] = series[i] * (0.5 - 0.5 * std::cos(turn * (static_cast<double>(i) + 0.5)));
  const auto spectrum = transform_->of(padded);
  // A frequency is looked up by its place among those of the padded length.
  const double stretch = static_cast<double>(padded.size()) / static_cast<double>(size_);
  double total = 0;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const auto place = static_cast<std::size_t>(std::lround(static_cast<double>(i) * stretch));
    power[i] = std::norm(spectrum[std::min(place, padded.size() / 2)]);
    total += power[i];
  }
  if (total > 0)
    for (double& share : power)
      share /= total;
  return power;
}

} // namespace berth::analyzer
