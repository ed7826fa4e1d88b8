#include "lib/http/head_rules.hpp"

#include <catch2/catch.hpp>

namespace berth::http {
namespace {

/// The status that a head is refused with; 0 when it is not.
int refused(std::string_view head) {
  const auto refusal = check_request_head(head);
  return refusal ? refusal->status : 0;
}

/// The same for a field behind a good request line and Host.
int refused_field(std::string_view field) {
  return refused("POST /a HTTP/1.1\r\nHost: berth\r\n" + std::string(field) + "\r\n\r\n");
}

TEST_CASE("Heads as clients send them are not refused") {
  CHECK(refused("GET / HTTP/1.1\r\nHost: berth\r\n\r\n") == 0);
  CHECK(refused("GET / HTTP/1.0\r\n\r\n") == 0);
  CHECK(refused("POST /a/b?c=%20&d HTTP/1.1\r\nhost:berth:80\r\ncontent-length: 3 \r\n"
                "Accept-Encoding: gzip\r\nX:\r\nX-Tab: a\tb\r\nX-Old: caf\xE9\r\n\r\n") == 0);
  CHECK(refused_field("Transfer-Encoding: chunked") == 0);
  CHECK(refused_field("Transfer-Encoding: Chunked ") == 0);
  CHECK(refused_field("Content-Encoding: identity") == 0);
  CHECK(refused_field("Expect: 100-Continue") == 0);
}

TEST_CASE("A head ends with the only empty line") {
  CHECK(refused("") == 400);
  CHECK(refused("\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: berth\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: berth\r\n\r\nX: y\r\n\r\n") == 400);
}

TEST_CASE("A request line is a method, an origin-form target and a known version") {
  const auto line = [](std::string_view text) {
    return refused(std::string(text) + "\r\nHost: berth\r\n\r\n");
  };
  for (const auto* const malformed :
       {"GET", "GET /", " GET / HTTP/1.1", "GET  / HTTP/1.1", "GET / HTTP/1.1 ",
        "GET /a b HTTP/1.1", "GE(T / HTTP/1.1", "GET\t/\tHTTP/1.1", "GET / http/1.1",
        "GET / HTTPS/1.1", "GET /\x01 HTTP/1.1", "GET /\xC3\xA4 HTTP/1.1", "GET /%4 HTTP/1.1",
        "GET /%zz HTTP/1.1", "GET /a\r HTTP/1.1"}) {
    CAPTURE(malformed);
    CHECK(line(malformed) == 400);
  }
  CHECK(line("GET http://berth/ HTTP/1.1") == 400); // absolute form
  CHECK(line("CONNECT berth:443 HTTP/1.1") == 400); // authority form
  CHECK(line("OPTIONS * HTTP/1.1") == 400);         // asterisk form
  CHECK(line("GET / HTTP/0.9") == 505);
  CHECK(line("GET / HTTP/1.2") == 505);
  CHECK(line("PRI / HTTP/2.0") == 505);
  CHECK(line("GET / HTTP/1.10") == 505);
}

TEST_CASE("Host comes once, and only HTTP/1.0 may leave it out") {
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n") == 400);
}

TEST_CASE("What leaves a body's end in doubt is refused") {
  for (const auto* const field : {"Content-Length: 5\r\nContent-Length: 5",
                                  "Content-Length: 5, 5",
                                  "Content-Length: 5,6",
                                  "Content-Length: +5",
                                  "Content-Length: -1",
                                  "Content-Length: 0x5",
                                  "Content-Length:",
                                  "Content-Length: 5 5",
                                  "Content-Length: 5.0",
                                  "Transfer-Encoding: gzip",
                                  "Transfer-Encoding: gzip, chunked",
                                  "Transfer-Encoding: chunked, identity",
                                  "Transfer-Encoding: xchunked",
                                  "Transfer-Encoding: identity",
                                  "Transfer-Encoding:",
                                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                  "Transfer-Encoding: chunked\r\nContent-Length: 5",
                                  "Content-Length: 5\r\nTransfer-Encoding: chunked",
                                  "Transfer-Encoding: \"chunked\"",
                                  "Transfer-Encoding: chunked;q=1",
                                  "Transfer-Encoding : chunked",
                                  "Transfer-Encoding\t: chunked"}) {
    CAPTURE(field);
    CHECK(refused_field(field) == 400);
  }
  CHECK(refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("Fields are a token, a colon and a value on one line") {
  for (const auto* const field :
       {"X: a\r\n b", "X: a\r\n\tb", " X: a", ": a", "X", "X a: b", "X\x01: a", "X: a\x01",
        "X: a\nY: b", "X: a\rY: b", "X: \x7F", "(X): a", "X: a\n"}) {
    CAPTURE(field);
    CHECK(refused_field(field) == 400);
  }
  CHECK(refused("GET / HTTP/1.1\r\n Host: berth\r\n\r\n") == 400); // folded onto the request line
  CHECK(refused_field(std::string("X: a\0b", 6)) == 400);
}

TEST_CASE("Compressed bodies and unknown expectations are refused as what they are") {
  CHECK(refused_field("Content-Encoding: gzip") == 415);
  CHECK(refused_field("Expect: a-miracle") == 417);
}

} // namespace
} // namespace berth::http
