#pragma once
// Digests: SHA-256 of an input and of a decision, by which two runs of the core are compared. They
// find differences; they are no signatures, and a log is not proof against who may write to it.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::decision_log {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest digest_of(std::string_view bytes);
/// Lower-case hexadecimal digits.
[[nodiscard]] std::string hex(const Digest& digest);

/// The digest of a set, kept up to date as members come and go: the sum of their digests in four
/// lanes of 64 bits. The order in which they came does not matter.
class DigestSum {
public:
  void add(const Digest& member);
  void remove(const Digest& member);
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(lanes_.data()), sizeof lanes_};
  }

private:
  std::array<std::uint64_t, 4> lanes_{};
};

} // namespace berth::decision_log
