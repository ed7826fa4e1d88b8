// Targets and label selectors of the external metrics API: read or refused, no segment leads to
// another path, and what was read says the same when it is written and read again.

#include <cstdint>
#include <string>
#include <string_view>

#include "analyzer/external_metrics/access_reviews.hpp"
#include "analyzer/external_metrics/forecasts.hpp"
#include "analyzer/external_metrics/label_selector.hpp"
#include "lib/api/json.hpp"
#include "lib/base/ensure.hpp"
#include "tests/fuzz/selector_text.hpp"

namespace {

using namespace berth;
using namespace berth::analyzer;

void check_selector(std::string_view text) {
  const auto selector = parse_label_selector(text);
  if (!selector)
    return;
  ensure(selector->requirements.size() <= kSelectorRequirementsMax, "a limit was passed");
  const std::string written = allocation::text_of(*selector);
  if (written.size() <= kSelectorBytesMax) { // "a=b" is shorter than what it is written as
    const auto again = parse_label_selector(written);
    ensure(again.has_value() && *again == *selector, "a selector does not survive being written");
  }
  static_cast<void>(selector->matches({{"policy", "web"}, {"horizon-seconds", "300"}}));
}

void check_segment(const std::string& segment) {
  ensure(!segment.empty() && segment != "." && segment != ".." &&
             segment.find('/') == std::string::npos,
         "a segment leads elsewhere");
}

void check_target(std::string_view target) {
  const auto request = decode_api_request(target);
  if (!request)
    return;
  if (request->route != ApiRoute::Values) {
    ensure(request->metric.empty() && request->ns.empty(), "values that nobody asked for");
    return;
  }
  check_segment(request->ns);
  check_segment(request->metric);
  static_cast<void>(forecast_metric_from(request->metric));
  RemoteUser user;
  user.name = std::string(target);
  const auto review = api::parse_json(encode_access_review(user, *request));
  ensure(review.has_value() && (*review)["spec"]["resourceAttributes"]["namespace"].is_string(),
         "a review is no JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  check_target("/apis/external.metrics.k8s.io/v1beta1/namespaces/" + std::string(text));
  check_selector(text);
  return 0;
}
