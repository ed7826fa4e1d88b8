#include "lib/outbound/signature.hpp"

#include <array>
#include <chrono>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/ensure.hpp"

namespace berth::outbound {

std::string hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const auto* text = reinterpret_cast<const unsigned char*>(message.data());
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text,
                          message.size(), bytes.data(), &size);
  ensure(made != nullptr, "OpenSSL has SHA-256");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4U];
    hex += kDigits[bytes[i] & 0xFU];
  }
  return hex;
}

std::string signature_of(std::string_view key, TimePoint now, std::string_view body) {
  const std::string seconds =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  return "t=" + seconds + ",v1=" + hmac_sha256(key, seconds + '.' + std::string(body));
}

} // namespace berth::outbound
