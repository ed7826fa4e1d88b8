#include "operator/certificates/webhook_trust.hpp"

#include <string>

#include "lib/api/json_reading.hpp"
#include "lib/kube/base64.hpp"

namespace berth::op {
namespace {

using api::Json;

Json test(const std::string& path, const std::string& value) {
  return {{"op", "test"}, {"path", path}, {"value", value}};
}

} // namespace

Result<std::optional<std::string>> trust_patch(std::string_view configuration,
                                               std::string_view bundle) {
  const Json object = Json::parse(configuration, nullptr, false);
  if (!object.is_object() || !object.contains("webhooks") || !object["webhooks"].is_array() ||
      !object.contains("metadata"))
    return fail(Code::Invalid, "is no MutatingWebhookConfiguration");
  const std::string wanted = kube::encode_base64(bundle);
  Json patch = Json::array(
      {test("/metadata/resourceVersion", api::text_in(object["metadata"], "resourceVersion"))});
  std::size_t index = 0;
  for (const Json& webhook : object["webhooks"]) {
    const std::string path = "/webhooks/" + std::to_string(index++);
    const Json& client = api::member_in(webhook, "clientConfig");
    if (!client.is_object())
      return fail(Code::Invalid, path + "/clientConfig: must be an object");
    if (api::text_in(client, "caBundle") != wanted)
      patch.push_back(
          {{"op", "add"}, {"path", path + "/clientConfig/caBundle"}, {"value", wanted}});
  }
  if (patch.size() == 1)
    return std::nullopt;
  return patch.dump();
}

Result<std::optional<std::string>> api_service_trust_patch(std::string_view service,
                                                           std::string_view bundle) {
  const Json object = Json::parse(service, nullptr, false);
  if (!object.is_object() || !object.contains("spec") || !object["spec"].is_object() ||
      !object.contains("metadata"))
    return fail(Code::Invalid, "is no APIService");
  const std::string wanted = kube::encode_base64(bundle);
  if (api::text_in(object["spec"], "caBundle") == wanted)
    return std::nullopt;
  const Json patch{
      test("/metadata/resourceVersion", api::text_in(object["metadata"], "resourceVersion")),
      {{"op", "add"}, {"path", "/spec/caBundle"}, {"value", wanted}}};
  return patch.dump();
}

} // namespace berth::op
