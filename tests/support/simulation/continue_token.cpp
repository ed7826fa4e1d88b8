#include "tests/support/simulation/continue_token.hpp"

#include <algorithm>

#include "lib/kube/base64.hpp"

namespace berth::simulation {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned kept = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (kept += 8; kept >= 6; kept -= 6)
      text += kAlphabet[(bits >> (kept - 6)) & 63U];
  }
  if (kept > 0)
    text += kAlphabet[(bits << (6 - kept)) & 63U];
  return text;
}

} // namespace

std::string encode(const ContinueToken& token) {
  return base64url(
      Json{{"v", "meta.k8s.io/v1"}, {"rv", token.revision}, {"start", token.start}}.dump());
}

Answer<ContinueToken> decode_continue(const std::string& text) {
  std::string standard = text;
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  const auto bytes = kube::decode_base64(standard);
  const Json token = bytes ? Json::parse(*bytes, nullptr, false) : Json(nullptr);
  if (text_at(token, "/v") != "meta.k8s.io/v1" || integer_at(token, "/rv") == 0 ||
      text_at(token, "/start").empty())
    return tl::unexpected(bad_request("invalid continue token: continue key is not valid"));
  return ContinueToken{integer_at(token, "/rv"), text_at(token, "/start")};
}

} // namespace berth::simulation
