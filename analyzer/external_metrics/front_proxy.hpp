#pragma once
// FrontProxy: who asks, by the rules of aggregated APIs. The API server proves with a client
// certificate that it is the front proxy, and says in headers whom it asks for; from anybody else
// those headers are worth nothing. Whom to believe, and which headers, stands in the ConfigMap
// kube-system/extension-apiserver-authentication, which the API server writes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/json.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/base/result.hpp"
#include "lib/http/message.hpp"

namespace berth::analyzer {

inline constexpr const char* kFrontProxyNamespace = "kube-system";
inline constexpr const char* kFrontProxyConfigMap = "extension-apiserver-authentication";

/// The part of the ConfigMap that is about the front proxy.
struct FrontProxy {
  api::ObjectMeta meta{};
  std::string client_ca_pem{}; ///< empty: the API server has no front proxy; nobody is believed
  std::vector<std::string> allowed_names{}; ///< empty: every name that the CA signed
  std::vector<std::string> username_headers{};
  std::vector<std::string> uid_headers{};
  std::vector<std::string> group_headers{};
  std::vector<std::string> extra_header_prefixes{};

  friend bool operator==(const FrontProxy&, const FrontProxy&) = default;
};

/// Invalid names the key of `data` that cannot be read.
[[nodiscard]] Result<FrontProxy> decode_front_proxy(const api::Json& config_map);

/// Whom the front proxy asks for.
struct RemoteUser {
  std::string name{};
  std::string uid{};
  std::vector<std::string> groups{};
  std::map<std::string, std::vector<std::string>> extra{};

  friend bool operator==(const RemoteUser&, const RemoteUser&) = default;
};

/// Unauthorized says why nobody is known: there is no certificate of the CA, it is over at `now`,
/// its name is not on the list, or no header names a user. That the certificate is signed by the CA
/// is for the connection's TLS to see to.
[[nodiscard]] Result<RemoteUser> remote_user(const http::Request& request, const FrontProxy& proxy,
                                             TimePoint now);

} // namespace berth::analyzer
