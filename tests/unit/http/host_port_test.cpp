#include <catch2/catch.hpp>

#include "lib/http/host_port.hpp"

using berth::Code;
using berth::http::HostPort;

TEST_CASE("an address to listen on is a host and a port") {
  struct Row {
    const char* text;
    HostPort expected;
  };
  const auto row = GENERATE(values<Row>({{"127.0.0.1:8443", {"127.0.0.1", 8443}},
                                         {"[::1]:8443", {"::1", 8443}},
                                         {"localhost:0", {"localhost", 0}},
                                         {":65535", {"0.0.0.0", 65535}}}));
  const auto parsed = HostPort::parse(row.text);
  REQUIRE(parsed.has_value());
  CHECK(*parsed == row.expected);
}

TEST_CASE("an address to listen on that is not HOST:PORT is refused") {
  const auto* text = GENERATE("", "8443", "localhost", "localhost:", "localhost:http", "a:65536",
                              "a:-1", "a:+1", "a: 1", "a:1 ", "::1:8443");
  const auto parsed = HostPort::parse(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Code::Invalid);
}
