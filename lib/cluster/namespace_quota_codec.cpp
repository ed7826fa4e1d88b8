#include "lib/cluster/namespace_quota_codec.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;
using QuotaResult = Result<std::shared_ptr<const ResourceQuota>>;
using resources::ResourceName;

/// What of a pod's requests a key of spec.hard limits: "cpu" and "requests.cpu" mean the same.
std::optional<ResourceName> limited_by(std::string_view key) {
  constexpr std::string_view kRequests = "requests.";
  if (key == "pods" || key == "cpu" || key == "memory" || key == "ephemeral-storage")
    return ResourceName{key};
  if (!key.starts_with(kRequests) || key == "requests.storage")
    return std::nullopt;
  return ResourceName{key.substr(kRequests.size())};
}

Result<void> read_hard(JsonElement value, resources::ResourceVector& into) {
  std::map<std::string, std::string> texts;
  BERTH_CHECK(kube::read_text_map(value, texts));
  for (const auto& [key, text] : texts) {
    const auto resource = limited_by(key);
    if (!resource)
      continue;
    const auto quantity = resources::Quantity::parse(text);
    if (!quantity)
      return kube::refuse_member(key, quantity.error());
    const resources::Amount amount = resources::amount_of(*resource, *quantity);
    into.set(*resource, into.contains(*resource) ? std::min(into.get(*resource), amount) : amount);
  }
  return {};
}

QuotaResult read_quota(JsonElement value) {
  auto quota = std::make_shared<ResourceQuota>();
  bool has_scopes = false;
  const auto note_scopes = [&](JsonElement) -> Result<void> {
    has_scopes = true;
    return {};
  };
  const auto read_spec = [&](JsonElement it) {
    return read_members(
        it, member("hard", [&](JsonElement hard) { return read_hard(hard, quota->view.hard); }),
        member("scopes", note_scopes), member("scopeSelector", note_scopes));
  };
  BERTH_CHECK(read_members(value,
                           member("metadata",
                                  [&](JsonElement it) {
                                    return kube::read_object_meta(
                                        it, quota->meta, [](std::string_view) { return false; });
                                  }),
                           member("spec", read_spec)));
  quota->meta.labels.clear();
  quota->view.namespace_name = quota->meta.ns;
  quota->view.name = quota->meta.name;
  if (has_scopes)
    quota->view.hard = {};
  return quota;
}

} // namespace

kube::Codec<ResourceQuota> make_resource_quota_codec() {
  return kube::make_simdjson_codec<ResourceQuota>(kube::types::resource_quota(), read_quota);
}

} // namespace berth::cluster
