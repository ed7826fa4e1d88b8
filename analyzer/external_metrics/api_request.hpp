#pragma once
// ApiRequest: what a request target of the API server asks for. One decoder for all bytes that
// callers choose; tests/fuzz/external_metrics feeds it.

#include <string>
#include <string_view>

#include "lib/allocation/selector.hpp"
#include "lib/base/result.hpp"

namespace berth::analyzer {

inline constexpr const char* kExternalMetricsGroup = "external.metrics.k8s.io";
inline constexpr const char* kExternalMetricsVersion = "v1beta1";

enum class ApiRoute {
  Group,   ///< /apis/external.metrics.k8s.io
  Version, ///< /apis/external.metrics.k8s.io/v1beta1
  Values,  ///< and below: /namespaces/{ns}/{metric}
  None,    ///< anything else
};

struct ApiRequest {
  ApiRoute route = ApiRoute::None;
  std::string path{}; ///< decoded, without the query; what rights to a path are asked by
  /// Of Values only.
  std::string ns{};
  std::string metric{}; ///< as asked for, served or not
  allocation::Selector selector{};

  friend bool operator==(const ApiRequest&, const ApiRequest&) = default;
};

/// Invalid or TooLarge: a segment that could be another path's, or a selector, or a query for
/// values, that cannot be read.
[[nodiscard]] Result<ApiRequest> decode_api_request(std::string_view target);

} // namespace berth::analyzer
