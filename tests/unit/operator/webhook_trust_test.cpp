#include "operator/certificates/webhook_trust.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/kube/base64.hpp"

using namespace berth;
using Json = nlohmann::json;

namespace {

Json configuration() {
  return Json::parse(R"({"metadata": {"name": "berth-gate", "resourceVersion": "7"}, "webhooks": [
      {"name": "namespaces", "clientConfig": {"service": {"name": "x"}, "caBundle": "b2xk"}},
      {"name": "pods", "clientConfig": {"service": {"name": "x"}}}]})");
}

} // namespace

TEST_CASE("Every entry of a webhook that trusts something else is made to trust the bundle") {
  const auto patch = op::trust_patch(configuration().dump(), "new");
  REQUIRE(patch);
  REQUIRE(*patch);
  Json changed = configuration().patch(Json::parse(**patch));
  for (const Json& webhook : changed["webhooks"]) {
    CHECK(webhook["clientConfig"]["caBundle"] == kube::encode_base64("new"));
    CHECK(webhook["clientConfig"]["service"]["name"] == "x");
  }
  const auto again = op::trust_patch(changed.dump(), "new");
  REQUIRE(again);
  CHECK_FALSE(*again);
}

TEST_CASE("An APIService that trusts nobody or somebody else is made to trust the bundle") {
  for (const char* before : {"", R"(,"caBundle":"b2xk")"}) {
    const Json service = Json::parse(R"({"metadata":{"resourceVersion":"7"},"spec":{"group":"g")" +
                                     std::string(before) + "}}");
    const auto patch = op::api_service_trust_patch(service.dump(), "new");
    REQUIRE(patch);
    REQUIRE(*patch);
    const Json changed = service.patch(Json::parse(**patch));
    CHECK(changed["spec"]["caBundle"] == kube::encode_base64("new"));
    CHECK(changed["spec"]["group"] == "g");
    CHECK_FALSE(*op::api_service_trust_patch(changed.dump(), "new"));
    Json newer = service;
    newer["metadata"]["resourceVersion"] = "8";
    CHECK_THROWS(newer.patch(Json::parse(**patch)));
  }
  CHECK_FALSE(op::api_service_trust_patch("[]", "new"));
  CHECK_FALSE(op::api_service_trust_patch(R"({"metadata":{},"spec":[]})", "new"));
}

TEST_CASE("I7: a webhook that somebody has changed meanwhile is not written over") {
  const auto patch = op::trust_patch(configuration().dump(), "new");
  REQUIRE(patch);
  Json newer = configuration();
  newer["metadata"]["resourceVersion"] = "8";
  CHECK_THROWS(newer.patch(Json::parse(**patch)));
}

TEST_CASE("What is no webhook configuration is left alone") {
  for (const char* text : {"", "[]", "{}", R"({"metadata": {}, "webhooks": 1})",
                           R"({"metadata": {}, "webhooks": [{"clientConfig": 1}]})"})
    CHECK_FALSE(op::trust_patch(text, "new"));
}
