// Whom an aggregated API believes: the front proxy and nobody else.

#include "analyzer/external_metrics/front_proxy.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::Json;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// As kube-apiserver writes it.
Json config_map() {
  return Json::parse(R"({
    "metadata": {"namespace": "kube-system", "name": "extension-apiserver-authentication",
                 "uid": "u", "resourceVersion": "7"},
    "data": {
      "client-ca-file": "other",
      "requestheader-client-ca-file": "a CA",
      "requestheader-allowed-names": "[\"front-proxy-client\",\"aggregator\"]",
      "requestheader-username-headers": "[\"X-Remote-User\",\"X-Other-User\"]",
      "requestheader-uid-headers": "[\"X-Remote-Uid\"]",
      "requestheader-group-headers": "[\"X-Remote-Group\"]",
      "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]"}})");
}

FrontProxy proxy() {
  const auto decoded = decode_front_proxy(config_map());
  REQUIRE(decoded);
  return *decoded;
}

/// What the front proxy sends for alice.
http::Request request() {
  http::Request asked;
  asked.headers = {{"x-remote-user", "alice"},        {"X-Remote-Group", "dev"},
                   {"x-remote-group", "ops"},         {"X-Remote-Extra-Scopes", "read"},
                   {"X-Remote-Extra-Scopes", "list"}, {"x-remote-extra-Acme%2Fteam", "a b"}};
  asked.peer_common_name = "front-proxy-client";
  asked.peer_valid_until = kNow + 1h;
  return asked;
}

std::string refusal(const http::Request& asked, const FrontProxy& by = proxy()) {
  const auto user = remote_user(asked, by, kNow);
  REQUIRE_FALSE(user);
  CHECK(user.error().code == Code::Unauthorized);
  return user.error().message;
}

} // namespace

TEST_CASE("the ConfigMap says whom to believe and which headers") {
  const FrontProxy read = proxy();
  CHECK(read.client_ca_pem == "a CA");
  CHECK(read.allowed_names == std::vector<std::string>{"front-proxy-client", "aggregator"});
  CHECK(read.username_headers == std::vector<std::string>{"X-Remote-User", "X-Other-User"});
  CHECK(read.uid_headers == std::vector<std::string>{"X-Remote-Uid"});
  CHECK(read.group_headers == std::vector<std::string>{"X-Remote-Group"});
  CHECK(read.extra_header_prefixes == std::vector<std::string>{"X-Remote-Extra-"});
  CHECK(read.meta.key() == api::ObjectKey{kFrontProxyNamespace, kFrontProxyConfigMap});
}

TEST_CASE("a ConfigMap whose lists are no lists of texts is refused whole") {
  for (const char* value : {"front-proxy", "{}", "[1]", "[", R"(["a"] x)"}) {
    CAPTURE(value);
    Json bad = config_map();
    bad["data"]["requestheader-allowed-names"] = value;
    const auto decoded = decode_front_proxy(bad);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().message.find("requestheader-allowed-names") != std::string::npos);
  }
  Json bad = config_map();
  bad["data"]["requestheader-client-ca-file"] = 7;
  CHECK_FALSE(decode_front_proxy(bad));
}

TEST_CASE("an empty text and null are empty lists, as in other servers of aggregated APIs") {
  for (const char* value : {"", "null", "[]"}) {
    CAPTURE(value);
    Json odd = config_map();
    odd["data"]["requestheader-allowed-names"] = value;
    odd["data"]["requestheader-uid-headers"] = value;
    const auto decoded = decode_front_proxy(odd);
    REQUIRE(decoded);
    CHECK(decoded->allowed_names.empty());
    CHECK(decoded->uid_headers.empty());
    CHECK(decoded->group_headers == std::vector<std::string>{"X-Remote-Group"});
  }
}

TEST_CASE("the user is whom the front proxy names, with groups and extras") {
  const auto user = remote_user(request(), proxy(), kNow);
  REQUIRE(user);
  CHECK(user->name == "alice");
  CHECK(user->uid.empty());
  CHECK(user->groups == std::vector<std::string>{"dev", "ops", "system:authenticated"});
  CHECK(user->extra == std::map<std::string, std::vector<std::string>>{{"scopes", {"read", "list"}},
                                                                       {"acme/team", {"a b"}}});
}

TEST_CASE("the first header that names a user counts, and the uid goes with it") {
  http::Request asked = request();
  asked.headers = {{"X-Remote-User", ""}, {"X-Other-User", "bob"}, {"X-Remote-Uid", "42"}};
  const auto user = remote_user(asked, proxy(), kNow);
  REQUIRE(user);
  CHECK(user->name == "bob");
  CHECK(user->uid == "42");
}

TEST_CASE("who is anonymous is not made authenticated") {
  http::Request asked = request();
  asked.headers = {{"X-Remote-User", "system:anonymous"},
                   {"X-Remote-Group", "system:unauthenticated"}};
  CHECK(remote_user(asked, proxy(), kNow)->groups ==
        std::vector<std::string>{"system:unauthenticated"});
}

TEST_CASE("headers without a client certificate of the front proxy name nobody") {
  http::Request asked = request();
  asked.peer_common_name.clear();
  asked.peer_valid_until.reset();
  CHECK(refusal(asked) == "no client certificate of the front proxy was shown");
}

TEST_CASE("a certificate that ended while its connection was open names nobody") {
  http::Request asked = request();
  asked.peer_valid_until = kNow;
  CHECK(refusal(asked) == "the front proxy's client certificate is not valid any more");
}

TEST_CASE("another name that the CA signed is not the front proxy, unless every name is") {
  http::Request asked = request();
  asked.peer_common_name = "kubelet";
  CHECK(refusal(asked) == "the client certificate's name is not the front proxy's");
  asked.peer_common_name.clear();
  CHECK_FALSE(refusal(asked).empty());
  FrontProxy any = proxy();
  any.allowed_names.clear();
  CHECK(remote_user(asked, any, kNow));
}

TEST_CASE("without a user the front proxy asks for nobody") {
  http::Request asked = request();
  asked.headers = {{"X-Remote-Group", "system:masters"}, {"X-Remote-User", ""}};
  CHECK(refusal(asked) == "the front proxy names no user");
}

TEST_CASE("where the API server has no front proxy nobody is believed") {
  const auto none = decode_front_proxy(Json::parse(
      R"({"metadata": {"namespace": "kube-system", "name": "extension-apiserver-authentication"}})"));
  REQUIRE(none);
  CHECK_FALSE(refusal(request(), *none).empty());
  FrontProxy no_ca = proxy();
  no_ca.client_ca_pem.clear();
  CHECK_FALSE(refusal(request(), no_ca).empty());
}

TEST_CASE("a header that only begins like an extra's prefix is none") {
  http::Request asked = request();
  asked.headers = {{"X-Remote-User", "alice"}, {"X-Remote-Extra-", "x"}, {"X-Remote-Extr", "y"}};
  CHECK(remote_user(asked, proxy(), kNow)->extra.empty());
}

} // namespace berth::analyzer
