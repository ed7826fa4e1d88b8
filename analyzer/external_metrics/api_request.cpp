#include "analyzer/external_metrics/api_request.hpp"

#include <algorithm>
#include <vector>

#include "analyzer/external_metrics/label_selector.hpp"
#include "lib/http/message.hpp"
#include "lib/kube/request_target.hpp"

namespace berth::analyzer {
namespace {

/// The longest path that is served has six; what is longer is nobody's.
constexpr std::size_t kSegmentsMax = 7;

/// Decoded one by one, so that none becomes two. A slash at the end counts for nothing.
Result<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  if (path.ends_with('/'))
    path.remove_suffix(1);
  while (!path.empty() && segments.size() < kSegmentsMax) {
    path.remove_prefix(1);
    const std::string_view raw = path.substr(0, path.find('/'));
    path.remove_prefix(raw.size());
    auto segment = http::percent_decode(raw);
    if (!segment)
      return fail(Code::Invalid, "path: a '%' must be followed by two hex digits");
    BERTH_CHECK(kube::check_path_segment("path", *segment));
    segments.push_back(std::move(*segment));
  }
  return segments;
}

ApiRoute route_of(const std::vector<std::string>& segments) {
  const auto is = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::equal(segments, words);
  };
  if (is({"apis", kExternalMetricsGroup}))
    return ApiRoute::Group;
  if (is({"apis", kExternalMetricsGroup, kExternalMetricsVersion}))
    return ApiRoute::Version;
  const bool is_values = segments.size() == 6 && segments[0] == "apis" &&
                         segments[1] == kExternalMetricsGroup &&
                         segments[2] == kExternalMetricsVersion && segments[3] == "namespaces";
  return is_values ? ApiRoute::Values : ApiRoute::None;
}

} // namespace

Result<ApiRequest> decode_api_request(std::string_view target) {
  const std::string_view path = http::path_of(target);
  if (!path.starts_with('/'))
    return fail(Code::Invalid, "path: must begin with '/'");
  BERTH_TRY(const auto segments, segments_of(path));
  ApiRequest request;
  request.route = route_of(segments);
  for (const std::string& segment : segments)
    request.path += '/' + segment;
  if (request.route != ApiRoute::Values)
    return request;
  request.ns = segments[4];
  request.metric = segments[5];
  // Else what cannot be decoded would count as not given, and every policy as meant.
  if (!http::percent_decode(target.substr(path.size())))
    return fail(Code::Invalid, "query: a '%' must be followed by two hex digits");
  const auto selectors = http::query_values(target, "labelSelector");
  if (selectors.size() > 1)
    return fail(Code::Invalid, "labelSelector: must be given once");
  if (!selectors.empty()) {
    BERTH_TRY(request.selector, parse_label_selector(selectors.front()));
  }
  return request;
}

} // namespace berth::analyzer
