#include "analyzer/external_metrics/front_proxy.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/codec.hpp"
#include "lib/base/text.hpp"

namespace berth::analyzer {
namespace {

using api::Json;

constexpr std::string_view kAuthenticated = "system:authenticated";
constexpr std::string_view kUnauthenticated = "system:unauthenticated";
constexpr std::string_view kAnonymous = "system:anonymous";

/// A list of texts, written as JSON in one value; empty where there is none. An empty text and null
/// are read as an empty list, as other servers of aggregated APIs do.
Result<std::vector<std::string>> list_at(const Json& data, const char* key) {
  std::vector<std::string> list;
  const auto found = data.find(key);
  if (found == data.end())
    return list;
  const auto wrong = [&] {
    return fail(Code::Invalid, std::string("data[") + key + "]: must be a JSON list of texts");
  };
  if (!found->is_string())
    return wrong();
  const auto& text = found->get_ref<const std::string&>();
  if (text.empty())
    return list;
  const auto parsed = api::parse_json(text);
  if (parsed && parsed->is_null())
    return list;
  if (!parsed || !parsed->is_array())
    return wrong();
  for (const Json& one : *parsed) {
    if (!one.is_string())
      return wrong();
    list.push_back(one.get<std::string>());
  }
  return list;
}

/// The value of the first of `names` that is there and not empty.
std::string first_value(const http::Headers& headers, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (const auto value = headers.find(name); value && !value->empty())
      return std::string(*value);
  return {};
}

std::vector<std::string> all_values(const http::Headers& headers,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (const std::string& name : names)
    for (const auto& [field, value] : headers)
      if (http::equal_names(field, name) && !value.empty())
        values.push_back(value);
  return values;
}

/// What stands behind the prefix, in lower case and percent-decoded where it is encoded.
std::string extra_key(std::string_view name) {
  const std::string key = lower_case(name);
  return http::percent_decode(key).value_or(key);
}

std::map<std::string, std::vector<std::string>> extra_of(const http::Headers& headers,
                                                         const std::vector<std::string>& prefixes) {
  std::map<std::string, std::vector<std::string>> extra;
  for (const std::string& prefix : prefixes)
    for (const auto& [field, value] : headers) {
      const std::string_view name = field;
      if (!prefix.empty() && name.size() > prefix.size() &&
          http::equal_names(name.substr(0, prefix.size()), prefix))
        extra[extra_key(name.substr(prefix.size()))].push_back(value);
    }
  return extra;
}

/// As in the API server: whoever has a name is authenticated, unless the name says otherwise.
void add_authenticated(RemoteUser& user) {
  const auto has = [&](std::string_view group) {
    return std::ranges::find(user.groups, group) != user.groups.end();
  };
  if (user.name != kAnonymous && !has(kAuthenticated) && !has(kUnauthenticated))
    user.groups.emplace_back(kAuthenticated);
}

} // namespace

Result<FrontProxy> decode_front_proxy(const Json& config_map) {
  FrontProxy proxy;
  BERTH_TRY(proxy.meta, api::decode_meta(config_map));
  const auto data = config_map.find("data");
  if (data == config_map.end() || !data->is_object())
    return proxy;
  if (const auto ca = data->find("requestheader-client-ca-file"); ca != data->end()) {
    if (!ca->is_string())
      return fail(Code::Invalid, "data[requestheader-client-ca-file]: must be a text");
    proxy.client_ca_pem = ca->get<std::string>();
  }
  BERTH_TRY(proxy.allowed_names, list_at(*data, "requestheader-allowed-names"));
  BERTH_TRY(proxy.username_headers, list_at(*data, "requestheader-username-headers"));
  BERTH_TRY(proxy.uid_headers, list_at(*data, "requestheader-uid-headers"));
  BERTH_TRY(proxy.group_headers, list_at(*data, "requestheader-group-headers"));
  BERTH_TRY(proxy.extra_header_prefixes, list_at(*data, "requestheader-extra-headers-prefix"));
  return proxy;
}

Result<RemoteUser> remote_user(const http::Request& request, const FrontProxy& proxy,
                               TimePoint now) {
  if (proxy.client_ca_pem.empty() || !request.peer_valid_until)
    return fail(Code::Unauthorized, "no client certificate of the front proxy was shown");
  if (*request.peer_valid_until <= now)
    return fail(Code::Unauthorized, "the front proxy's client certificate is not valid any more");
  const auto& names = proxy.allowed_names;
  if (!names.empty() && std::ranges::find(names, request.peer_common_name) == names.end())
    return fail(Code::Unauthorized, "the client certificate's name is not the front proxy's");
  RemoteUser user;
  user.name = first_value(request.headers, proxy.username_headers);
  if (user.name.empty())
    return fail(Code::Unauthorized, "the front proxy names no user");
  user.uid = first_value(request.headers, proxy.uid_headers);
  user.groups = all_values(request.headers, proxy.group_headers);
  user.extra = extra_of(request.headers, proxy.extra_header_prefixes);
  add_authenticated(user);
  return user;
}

} // namespace berth::analyzer
