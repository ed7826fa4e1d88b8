#include "lib/http/message.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace berth::http {
namespace {

TEST_CASE("Header names compare without case, the first field wins") {
  Headers headers{{"Content-Type", "a"}, {"content-type", "b"}};
  headers.add("X-Empty", "");
  CHECK(headers.find("CONTENT-TYPE") == "a");
  CHECK(headers.find("x-empty") == "");
  CHECK(headers.find("x-none") == std::nullopt);
  CHECK_FALSE(equal_names("Host", "Hosts"));
  CHECK_FALSE(equal_names("[", "{")); // they differ by the bit that makes letters lower case
}

TEST_CASE("Retry-After is a number of seconds, or says nothing") {
  const auto asked = [](const char* text) { return retry_after(Headers{{"retry-after", text}}); };
  CHECK(asked("0") == std::chrono::seconds{0});
  CHECK(asked("86401") == std::chrono::seconds{86401});
  for (const char* const text :
       {"", "-1", "1.5", "2s", " 3", "99999999999", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
    CAPTURE(text);
    CHECK(asked(text) == std::nullopt);
  }
  CHECK(retry_after(Headers{}) == std::nullopt);
}

TEST_CASE("A target is a path and a query") {
  CHECK(path_of("/a/b?c=d") == "/a/b");
  CHECK(path_of("/a/b") == "/a/b");
  CHECK(path_of("/a??b") == "/a");
}

TEST_CASE("Query values are found by name and decoded") {
  CHECK(query_value("/p?a=1&b=2", "b") == "2");
  CHECK(query_value("/p?a=1&b=2", "c") == std::nullopt);
  CHECK(query_value("/p", "a") == std::nullopt);
  CHECK(query_value("/p?", "a") == std::nullopt);
  CHECK(query_value("/p?verbose", "verbose") == "");
  CHECK(query_value("/p?a=b%3Dc+d%2B", "a") == "b=c d+");
  CHECK(query_value("/p?label%53elector=x", "labelSelector") == "x");
  CHECK(query_value("/p?aa=1&a=2", "a") == "2");
  CHECK(query_value("/p?a=b?c", "a") == "b?c");
  CHECK(query_value("/p?a=%zz&a=2", "a") == "2");
  CHECK(query_values("/p?x=1&&x=2&x", "x") == std::vector<std::string>{"1", "2", ""});
}

TEST_CASE("Percent-encoding leaves nothing that could mean something in a path or query") {
  CHECK(percent_encode("a/b?c=d&e f+%\n") == "a%2Fb%3Fc%3Dd%26e%20f%2B%25%0A");
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("\xC3\xA4") == "%C3%A4");
  CHECK(percent_encode(std::string_view("\0", 1)) == "%00");
}

TEST_CASE("Percent-decoding refuses what is cut off or no digit") {
  CHECK(percent_decode("%41%6a") == "Aj");
  for (const auto* const text : {"%", "%4", "a%", "a%4", "%4g", "%g4", "%%41"})
    CHECK(percent_decode(text) == std::nullopt);
}

TEST_CASE("Decoding undoes encoding, as a path segment and as a query value") {
  CHECK(rc::check("any bytes", [](const std::string& text) {
    const std::string encoded = percent_encode(text);
    RC_ASSERT(percent_decode(encoded) == text);
    RC_ASSERT(query_value("/p?a=" + encoded + "&b=1", "a") == text);
    RC_ASSERT(path_of("/" + encoded + "?x") == "/" + encoded);
  }));
}

} // namespace
} // namespace berth::http
