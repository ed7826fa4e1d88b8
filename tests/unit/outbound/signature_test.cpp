// Signatures against the published vectors (RFC 4231), and in the form that they are sent in.

#include "lib/outbound/signature.hpp"

#include <catch2/catch.hpp>

namespace berth::outbound {

TEST_CASE("an HMAC is the one that RFC 4231 publishes") {
  CHECK(hmac_sha256(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256(std::string(131, '\xaa'),
                    "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a signature names its time in whole seconds, and signs it with the body") {
  const TimePoint at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  const std::string key = "a-secret-of-16-bytes-or-more";
  const std::string signature = signature_of(key, at + std::chrono::milliseconds{999}, "{}");
  CHECK(signature == "t=1772409600,v1=" + hmac_sha256(key, "1772409600.{}"));
  CHECK(signature != signature_of(key, at + std::chrono::seconds{1}, "{}"));
  CHECK(signature != signature_of(key, at, "{ }"));
  CHECK(signature != signature_of(key + '.', at, "{}"));
}

} // namespace berth::outbound
