#include "lib/http/response_reader.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

namespace berth::http {
namespace {

constexpr ResponseLimits kLimits{4096, 1024};

/// Gives `bytes` to the reader in pieces; the pieces of the body that came out, joined.
Result<std::string> feed(ResponseReader& reader, std::string_view bytes, std::size_t piece_bytes) {
  std::string body;
  while (!bytes.empty() && !reader.done()) {
    const auto space = reader.space();
    const std::size_t count = std::min({piece_bytes, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), count, space.begin());
    BERTH_CHECK(reader.received(count));
    body += reader.take_body();
    bytes.remove_prefix(count);
  }
  return body;
}

/// Why a response is refused; nothing when it is not.
std::optional<Code> refused(std::string_view bytes, bool has_body = true) {
  ResponseReader reader(kLimits, has_body);
  const auto body = feed(reader, bytes, bytes.size());
  return body ? std::nullopt : std::optional(body.error().code);
}

constexpr std::string_view kWatch =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    "8\r\n{\"a\":1}\n\r\n8\r\n{\"a\":2}\n\r\n0\r\n\r\n";

TEST_CASE("A response is the same in whatever pieces it comes, without the interim ones") {
  for (std::size_t piece = 1; piece <= kWatch.size(); ++piece) {
    CAPTURE(piece);
    ResponseReader reader(kLimits, true);
    const auto body = feed(reader, kWatch, piece);
    REQUIRE(body);
    CHECK(*body == "{\"a\":1}\n{\"a\":2}\n");
    CHECK(reader.done());
    CHECK(reader.keep_alive());
    const Response head = reader.take_head();
    CHECK(head.status == 200);
    CHECK(head.headers.find("content-type") == "application/json");
    CHECK(head.headers.find("link") == std::nullopt);
  }
}

TEST_CASE("A body without a length ends with the connection") {
  ResponseReader reader(kLimits, true);
  REQUIRE(feed(reader, "HTTP/1.1 200 OK\r\n\r\nabc", 3) == "abc");
  CHECK_FALSE(reader.done());
  REQUIRE(reader.ended());
  CHECK(reader.done());
  CHECK_FALSE(reader.keep_alive());
}

TEST_CASE("A connection that ends too early leaves no response") {
  for (const std::string_view cut :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    CAPTURE(cut);
    ResponseReader reader(kLimits, true);
    REQUIRE(feed(reader, cut, 100));
    const auto ended = reader.ended();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == Code::Unavailable);
    CHECK(reader.started() == !cut.empty());
  }
}

TEST_CASE("Responses without a body end with their head") {
  CHECK(refused("HTTP/1.1 204 No Content\r\n\r\n") == std::nullopt);
  ResponseReader reader(kLimits, false);
  REQUIRE(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 100));
  CHECK(reader.done());
}

TEST_CASE("A response's body may be as long as the limit and no longer") {
  const auto counted = [](std::size_t bytes) {
    return refused("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                   std::string(bytes, 'x'));
  };
  const auto unbounded = [](std::size_t bytes) {
    return refused("HTTP/1.1 200 OK\r\n\r\n" + std::string(bytes, 'x'));
  };
  for (const std::size_t bytes : {1023U, 1024U}) {
    CHECK(counted(bytes) == std::nullopt);
    CHECK(unbounded(bytes) == std::nullopt);
  }
  CHECK(counted(1025) == Code::TooLarge);
  CHECK(unbounded(1025) == Code::TooLarge);
  CHECK(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n") ==
        Code::TooLarge);
  CHECK(refused("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'x') + "\r\n\r\n") == Code::TooLarge);
  CHECK(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                std::string(200'000, 'x')) == Code::TooLarge);
}

TEST_CASE("A response whose end is in doubt is refused, and so is what is none") {
  for (const auto* const bytes :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "\x15\x03\x03 a TLS alert"}) {
    CAPTURE(bytes);
    CHECK(refused(bytes) == Code::Invalid);
  }
  std::string interim;
  for (int response = 0; response < 9; ++response)
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(refused(interim) == Code::Invalid);
}

TEST_CASE("A stream has no limit but that of its head") {
  ResponseReader reader({4096, std::numeric_limits<std::size_t>::max()}, true);
  REQUIRE(feed(reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 100));
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  std::size_t bytes = 0;
  for (int chunks = 0; chunks < 200; ++chunks)
    bytes += feed(reader, chunk, 10'000)->size();
  CHECK(bytes == std::size_t{200} * 0x10000); // more than Beast's own 8 MiB
}

TEST_CASE("Bytes behind the end make the connection unusable") {
  ResponseReader reader(kLimits, true);
  REQUIRE(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n", 100));
  CHECK(reader.done());
  CHECK_FALSE(reader.keep_alive());
}

} // namespace
} // namespace berth::http
