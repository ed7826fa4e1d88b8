#include "lib/http/request_reader.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

namespace berth::http {
namespace {

using State = RequestReader::State;

/// Gives `bytes` to the reader in pieces of `piece_bytes`, as far as it wants them, and counts
/// those used up in `given`.
tl::expected<State, Refusal> feed(RequestReader& reader, std::string_view bytes,
                                  std::size_t piece_bytes = 16384) {
  auto state = reader.advance();
  while (state && *state != State::Done && !bytes.empty()) {
    const auto space = reader.space();
    const std::size_t count = std::min({piece_bytes, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), count, space.begin());
    reader.received(count);
    bytes.remove_prefix(count);
    state = reader.advance();
  }
  return state;
}

int refused(std::string_view bytes, std::size_t header_bytes_max = 8192,
            std::size_t body_bytes_max = 1024) {
  RequestReader reader(header_bytes_max, body_bytes_max);
  const auto state = feed(reader, bytes);
  return state ? 0 : state.error().status;
}

std::string head_of_bytes(std::size_t bytes) {
  std::string head = "GET / HTTP/1.1\r\nHost: berth\r\nX-Fill: ";
  head.append(bytes - head.size() - 4, 'x');
  return head + "\r\n\r\n";
}

constexpr std::string_view kChunked =
    "POST /a?b HTTP/1.1\r\nHost: berth\r\nX-Name: value\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\nA ;ext=\"a b\"\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n";

TEST_CASE("A request is the same in whatever pieces it comes") {
  for (std::size_t piece = 1; piece <= kChunked.size(); ++piece) {
    CAPTURE(piece);
    RequestReader reader(8192, 1024);
    const auto state = feed(reader, kChunked, piece);
    REQUIRE(state);
    REQUIRE(*state == State::Done);
    CHECK(reader.keep_alive());
    const Request request = reader.take();
    CHECK(request.method == "POST");
    CHECK(request.target == "/a?b");
    CHECK(request.body == "hello0123456789");
    CHECK(request.headers.find("x-name") == "value");
    CHECK(request.headers.find("x-trailer") == std::nullopt);
    CHECK(reader.advance() == State::Idle);
  }
}

TEST_CASE("Memory that is given back holds the next body, and nothing of what it held before") {
  RequestReader reader(8192, 1024);
  const std::string one = "POST /1 HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\none";
  std::string memory(4096, 'x');
  const char* const place = memory.data();
  reader.reuse(std::move(memory));
  REQUIRE(feed(reader, one) == State::Done);
  const Request first = reader.take();
  CHECK(first.body == "one");
  CHECK(first.body.data() == place);
  REQUIRE(feed(reader, one) == State::Done);
  CHECK(reader.take().body == "one");

  const std::size_t too_large = std::size_t{2} << 20U;
  reader.reuse(std::string(too_large, 'x'));
  REQUIRE(feed(reader, one) == State::Done);
  CHECK(reader.take().body.capacity() < too_large);
}

TEST_CASE("Bytes of the next request stay for the next request") {
  RequestReader reader(8192, 1024);
  const std::string two = "POST /1 HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\none"
                          "POST /2 HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\ntwo";
  REQUIRE(feed(reader, two) == State::Done);
  CHECK(reader.take().body == "one");
  REQUIRE(reader.advance() == State::Done);
  CHECK(reader.take().body == "two");
  CHECK(reader.advance() == State::Idle);
}

TEST_CASE("A head may be as long as the limit and no longer") {
  CHECK(refused(head_of_bytes(4095), 4096) == 0);
  CHECK(refused(head_of_bytes(4096), 4096) == 0);
  CHECK(refused(head_of_bytes(4097), 4096) == 431);
  CHECK(refused(std::string(5000, 'G'), 4096) == 431);
  std::string many_fields = "GET / HTTP/1.1\r\nHost: berth\r\n";
  for (int field = 0; field < 10'000; ++field)
    many_fields += "a:\r\n";
  CHECK(refused(many_fields + "\r\n") == 431);
}

TEST_CASE("A request's body may be as long as the limit and no longer") {
  const auto counted = [](std::size_t bytes) {
    return "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
           std::string(bytes, 'x');
  };
  const auto chunked = [](std::size_t bytes) {
    std::string request = "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t byte = 0; byte < bytes; ++byte)
      request += "1\r\nx\r\n";
    return request + "0\r\n\r\n";
  };
  for (const std::size_t bytes : {1023U, 1024U}) {
    CHECK(refused(counted(bytes)) == 0);
    CHECK(refused(chunked(bytes)) == 0);
  }
  CHECK(refused(counted(1025)) == 413);
  CHECK(refused(chunked(1025)) == 413);
  CHECK(refused("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 18446744073709551615\r\n\r\n") ==
        413);
  CHECK(refused("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 18446744073709551616\r\n\r\n") ==
        400);
}

TEST_CASE("Malformed chunks are refused") {
  const auto chunks = [](std::string_view body) {
    return refused("POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
                   std::string(body));
  };
  for (const auto* const body :
       {"x\r\n", "-1\r\n", "\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "11111111111111111\r\n",
        "0\r\nno field\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(chunks(body) == 400);
  }
  CHECK(chunks("FFFFFFFFFFFFFFFF\r\n") == 413);
  CHECK(chunks("5;" + std::string(70'000, 'x')) == 400);       // an endless extension
  CHECK(chunks("0\r\nX: " + std::string(70'000, 'x')) == 400); // an endless trailer
}

TEST_CASE("What cannot become a request is refused at its first byte") {
  CHECK(refused("\x16\x03\x01") == 400); // TLS on a plain port
  CHECK(refused("\r\nGET / HTTP/1.1\r\n") == 400);
  CHECK(refused(std::string(1, '\0')) == 400);
}

TEST_CASE("A connection is kept as the client asks") {
  const auto kept = [](std::string_view head) {
    RequestReader reader(8192, 1024);
    REQUIRE(feed(reader, head) == State::Done);
    return reader.keep_alive();
  };
  CHECK(kept("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  CHECK_FALSE(kept("GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(kept("GET / HTTP/1.1\r\nHost: b\r\nConnection: x, Close\r\n\r\n"));
  CHECK_FALSE(kept("GET / HTTP/1.0\r\nHost: b\r\nConnection: keep-alive\r\n\r\n"));
}

} // namespace
} // namespace berth::http
