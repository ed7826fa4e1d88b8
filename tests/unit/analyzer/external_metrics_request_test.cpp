// What a target of external.metrics.k8s.io asks for.

#include "analyzer/external_metrics/api_request.hpp"

#include <catch2/catch.hpp>

#include "analyzer/external_metrics/label_selector.hpp"

namespace berth::analyzer {
namespace {

const std::string kVersionPath = "/apis/external.metrics.k8s.io/v1beta1";

ApiRequest decoded(const std::string& target) {
  const auto request = decode_api_request(target);
  REQUIRE(request);
  return *request;
}

} // namespace

TEST_CASE("discovery and values have their paths, and there are no others") {
  CHECK(decoded("/apis/external.metrics.k8s.io").route == ApiRoute::Group);
  CHECK(decoded("/apis/external.metrics.k8s.io/").route == ApiRoute::Group);
  CHECK(decoded(kVersionPath + "?timeout=32s").route == ApiRoute::Version);
  CHECK(decoded(kVersionPath + "/namespaces/shop/berth-forecast-cpu").route == ApiRoute::Values);
  for (const std::string& target :
       {std::string("/"), std::string("/apis"), std::string("/openapi/v2"), std::string("/metrics"),
        std::string("/readyz"), std::string("/apis/metrics.k8s.io/v1beta1"),
        std::string("/apis/external.metrics.k8s.io/v1beta2"), kVersionPath + "/berth-forecast-cpu",
        kVersionPath + "/namespaces", kVersionPath + "/namespaces/shop",
        kVersionPath + "/nodes/shop/berth-forecast-cpu",
        kVersionPath + "/namespaces/shop/berth-forecast-cpu/status",
        kVersionPath + "/namespaces/a/b/c/d/e/f/g"}) {
    CAPTURE(target);
    CHECK(decoded(target).route == ApiRoute::None);
  }
}

TEST_CASE("a query for values names a namespace, a metric and a selector") {
  const ApiRequest request =
      decoded(kVersionPath + "/namespaces/shop/berth-forecast-cpu"
                             "?labelSelector=policy%3Dweb%2Chorizon-seconds+in+%28300%29&limit=5");
  CHECK(request.ns == "shop");
  CHECK(request.metric == "berth-forecast-cpu");
  CHECK(request.path == kVersionPath + "/namespaces/shop/berth-forecast-cpu");
  CHECK(request.selector == *parse_label_selector("policy=web,horizon-seconds in (300)"));
  CHECK(decoded(kVersionPath + "/namespaces/shop/x").selector.requirements.empty());
}

TEST_CASE("no segment becomes two, and none leads elsewhere") {
  for (const char* segment : {"a%2fb", "..", "%2e%2e", ".", "a%00b", "a%", "a%zz", "a%25b"}) {
    CAPTURE(segment);
    CHECK_FALSE(
        decode_api_request(kVersionPath + "/namespaces/" + segment + "/berth-forecast-cpu"));
    CHECK_FALSE(decode_api_request(kVersionPath + "/namespaces/shop/" + segment + "?x=1"));
  }
  CHECK_FALSE(decode_api_request(kVersionPath + "/namespaces//berth-forecast-cpu"));
  CHECK_FALSE(decode_api_request("apis/external.metrics.k8s.io"));
  CHECK_FALSE(decode_api_request(""));
}

TEST_CASE("a selector that cannot be read, or comes twice, is refused") {
  const std::string values = kVersionPath + "/namespaces/shop/berth-forecast-cpu";
  CHECK(decode_api_request(values + "?labelSelector=%3D").error().code == Code::Invalid);
  CHECK(decode_api_request(values + "?labelSelector=a&labelSelector=b").error().code ==
        Code::Invalid);
  for (const char* query : {"?labelSelector=policy%3", "?labelSelector=policy%zzweb",
                            "?labelSelecto%7=policy", "?labelSelector=a&x=%"}) {
    CAPTURE(query);
    REQUIRE_FALSE(decode_api_request(values + query));
    CHECK(decode_api_request(values + query).error().code == Code::Invalid);
  }
  CHECK(decode_api_request(values + "?labelSelector=" + std::string(kSelectorBytesMax + 1, 'a'))
            .error()
            .code == Code::TooLarge);
}

} // namespace berth::analyzer
