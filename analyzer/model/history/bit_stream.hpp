#pragma once
// Bits one after another in a run of bytes, highest first. For packed_aggregates.cpp. A reader that
// is asked for more than there is gives zeros and says so: what it reads may be a damaged file.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace berth::analyzer {

class BitWriter {
public:
  /// Goes on after `used_bits` of the last byte of `bytes` (1..8; 8: begins a new one).
  BitWriter(std::vector<std::uint8_t>& bytes, unsigned used_bits)
      : bytes_(bytes), used_bits_(used_bits) {}

  void put(bool bit) {
    if (used_bits_ == 8) {
      bytes_.push_back(0);
      used_bits_ = 0;
    }
    bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (bit ? 0x80U >> used_bits_ : 0U));
    ++used_bits_;
  }
  void put(std::uint32_t value, unsigned bits) {
    for (unsigned i = bits; i > 0; --i)
      put((value >> (i - 1) & 1U) != 0);
  }
  [[nodiscard]] unsigned used_bits() const { return used_bits_; }

private:
  std::vector<std::uint8_t>& bytes_;
  unsigned used_bits_;
};

class BitReader {
public:
  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool get() {
    if (at_ / 8 >= bytes_.size()) {
      ok_ = false;
      return false;
    }
    const bool bit = (bytes_[at_ / 8] & 0x80U >> (at_ % 8)) != 0;
    ++at_;
    return bit;
  }
  std::uint32_t get(unsigned bits) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bits; ++i)
      value = value << 1U | (get() ? 1U : 0U);
    return value;
  }
  /// Whether all that was asked for was there.
  [[nodiscard]] bool ok() const { return ok_; }

private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

} // namespace berth::analyzer
