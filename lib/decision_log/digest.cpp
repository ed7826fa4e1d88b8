#include "lib/decision_log/digest.hpp"

#include <bit>
#include <cstring>

#include <openssl/sha.h>

namespace berth::decision_log {
namespace {

static_assert(std::endian::native == std::endian::little, "lanes are hashed as they lie");

std::array<std::uint64_t, 4> lanes_of(const Digest& digest) {
  std::array<std::uint64_t, 4> lanes{};
  std::memcpy(lanes.data(), digest.data(), digest.size());
  return lanes;
}

} // namespace

Digest digest_of(std::string_view bytes) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xFU]);
  }
  return text;
}

void DigestSum::add(const Digest& member) {
  const auto lanes = lanes_of(member);
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    lanes_[i] += lanes[i];
}

void DigestSum::remove(const Digest& member) {
  const auto lanes = lanes_of(member);
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    lanes_[i] -= lanes[i];
}

} // namespace berth::decision_log
