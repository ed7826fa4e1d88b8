#include "lib/http/wire.hpp"

#include <catch2/catch.hpp>

#include "lib/http/beast_transport.hpp"

namespace berth::http {
namespace {

Request request_of(std::string method, std::string target) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

TEST_CASE("A request's head has the host, the fields and a length where a body may be") {
  Request get = request_of("GET", "/a?b=c");
  get.headers.add("Accept", "application/json");
  CHECK(request_head(get, "berth:6443", "/base") ==
        "GET /base/a?b=c HTTP/1.1\r\nHost: berth:6443\r\nAccept: application/json\r\n\r\n");
  Request post = request_of("POST", "/a");
  CHECK(request_head(post, "b", "") == "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n");
  Request remove = request_of("DELETE", "/a");
  remove.body = "{}";
  CHECK(request_head(remove, "b", "") ==
        "DELETE /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("Nothing can be smuggled into a request's head") {
  for (const auto* const target : {"", "a", "http://x/", "/a b", "/a\r\nX: y", "/a\n", "/%zz"})
    CHECK_FALSE(request_head(request_of("GET", target), "b", ""));
  for (const auto* const method : {"", "GET /x HTTP/1.1\r\nX:", "G T"})
    CHECK_FALSE(request_head(request_of(method, "/"), "b", ""));
  const std::vector<std::pair<std::string, std::string>> fields{{"X", "a\r\nY: b"},
                                                                {"X", "a\n"},
                                                                {"X\r\nY", "a"},
                                                                {"X:", "a"},
                                                                {"", "a"},
                                                                {"Host", "c"},
                                                                {"content-length", "3"},
                                                                {"Transfer-Encoding", "chunked"},
                                                                {"Connection", "close"}};
  for (const auto& [name, value] : fields) {
    Request request = request_of("GET", "/");
    request.headers.add(name, value);
    const auto head = request_head(request, "b", "");
    CAPTURE(name, value);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == Code::Invalid);
  }
}

TEST_CASE("A response's head has its reason and its length, unless it can have no body") {
  Response response;
  response.status = 404;
  response.body = "none";
  CHECK(response_head(response, true) == "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n");
  CHECK(response_head(response, false) ==
        "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
  response.status = 204;
  CHECK(response_head(response, true) == "HTTP/1.1 204 No Content\r\n\r\n");
  for (const int status : {0, 100, 199, 600, -1}) {
    response.status = status;
    CHECK_FALSE(response_head(response, true));
  }
}

TEST_CASE("An endpoint is read from a URL") {
  const auto endpoint = Endpoint::parse("https://api.berth:6443/base/");
  REQUIRE(endpoint);
  CHECK(endpoint->tls);
  CHECK(endpoint->host == "api.berth");
  CHECK(endpoint->port == "6443");
  CHECK(endpoint->base_path == "/base");
  CHECK(endpoint->host_field() == "api.berth:6443");
  const auto plain = Endpoint::parse("http://127.0.0.1");
  REQUIRE(plain);
  CHECK_FALSE(plain->tls);
  CHECK(plain->port == "80");
  CHECK(plain->host_field() == "127.0.0.1");
  const auto ipv6 = Endpoint::parse("https://[fd00::1]:443");
  REQUIRE(ipv6);
  CHECK(ipv6->host == "fd00::1");
  CHECK(ipv6->host_field() == "[fd00::1]");
  CHECK(Endpoint::parse("https://[::1]")->port == "443");
}

TEST_CASE("What is no URL of a server is refused") {
  for (const auto* const url : {"",
                                "berth",
                                "ftp://berth",
                                "https://",
                                "https:///a",
                                "https://a:b",
                                "https://a:0",
                                "https://a:65536",
                                "https://a:",
                                "https://a:1:2",
                                "https://user@a",
                                "https://a/b c",
                                "https://a/b?c",
                                "https://a/#b",
                                "https://[::1",
                                "https://[::1]x",
                                "https://[]:1",
                                "https://[a.b]x:1",
                                "https://a b",
                                "https://a\r\n",
                                "HTTPS://a"}) {
    CAPTURE(url);
    CHECK_FALSE(Endpoint::parse(url));
  }
}

TEST_CASE("A URL that is refused is shown without its password") {
  for (const auto* const url : {"https://user:hidden@a", "https://user:hid/den@a:1",
                                "user:hidden@a", "ftp://user:hidden@a/b"}) {
    CAPTURE(url);
    const std::string said = Endpoint::parse(url).error().message;
    CHECK(said.find("hid") == std::string::npos);
    CHECK(said.find("...@a") != std::string::npos);
  }
}

} // namespace
} // namespace berth::http
