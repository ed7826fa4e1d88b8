#include "lib/cluster/metrics_api.hpp"

#include <utility>

#include "lib/cluster/go_duration.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using resources::Quantity;
using resources::ResourceName;
using resources::ResourceVector;

/// metrics-server names a few resources; a forged list could name any number.
constexpr std::size_t kResourcesMax = 64;

Result<void> read_window(JsonElement value, Duration& into) {
  std::string_view text;
  BERTH_CHECK(kube::read_text(value, text));
  BERTH_TRY(into, parse_go_duration(text));
  return {};
}

Result<void> read_amount(JsonElement value, const ResourceName& name, ResourceVector& into) {
  std::string_view text;
  BERTH_CHECK(kube::read_text(value, text));
  BERTH_TRY(const Quantity quantity, Quantity::parse(text));
  if (quantity.is_negative())
    return fail(Code::Invalid, '"' + std::string(text) + "\" is negative");
  if (into.contains(name))
    return fail(Code::Invalid, "appears twice");
  into.set(name, amount_of(name, quantity));
  return {};
}

/// {"cpu": "125m", "memory": "1Gi"}, added to what is there.
Result<void> read_usage(JsonElement value, ResourceVector& into) {
  simdjson::dom::object usage;
  if (value.get_object().get(usage) != simdjson::SUCCESS)
    return kube::refuse_type("an object");
  if (usage.size() > kResourcesMax)
    return fail(Code::TooLarge, "names too many resources");
  ResourceVector used;
  for (const auto [name, amount] : usage)
    if (const auto read = read_amount(amount, ResourceName{name}, used); !read)
      return kube::refuse_member(name, read.error());
  into += used;
  return {};
}

Result<void> read_key(JsonElement value, kube::ObjectKey& into) {
  return kube::read_members(
      value, member("name", [&](JsonElement name) { return kube::read_text(name, into.name); }),
      member("namespace", [&](JsonElement ns) { return kube::read_text(ns, into.ns); }));
}

Result<std::shared_ptr<const UsageSample>> checked(UsageSample sample) {
  if (sample.key.name.empty())
    return fail(Code::Invalid, "metadata: name: is missing");
  if (sample.at == TimePoint{})
    return fail(Code::Invalid, "timestamp: is missing");
  if (sample.window <= Duration::zero())
    return fail(Code::Invalid, "window: is missing");
  return std::make_shared<const UsageSample>(std::move(sample));
}

Result<std::shared_ptr<const UsageSample>> decode_node(JsonElement object) {
  UsageSample sample;
  BERTH_CHECK(kube::read_members(
      object, member("metadata", [&](JsonElement value) { return read_key(value, sample.key); }),
      member("timestamp", [&](JsonElement value) { return kube::read_time(value, sample.at); }),
      member("window", [&](JsonElement value) { return read_window(value, sample.window); }),
      member("usage", [&](JsonElement value) { return read_usage(value, sample.used); })));
  if (sample.used.empty())
    return fail(Code::Invalid, "usage: is missing");
  return checked(std::move(sample));
}

Result<std::shared_ptr<const UsageSample>> decode_pod(JsonElement object) {
  UsageSample sample;
  const auto read_container = [&](JsonElement value) -> Result<void> {
    ContainerUse container;
    BERTH_CHECK(kube::read_members(
        value, member("name", [&](JsonElement it) { return kube::read_text(it, container.name); }),
        member("usage", [&](JsonElement it) { return read_usage(it, container.used); })));
    sample.used += container.used;
    sample.containers.push_back(std::move(container));
    return {};
  };
  BERTH_CHECK(kube::read_members(
      object, member("metadata", [&](JsonElement value) { return read_key(value, sample.key); }),
      member("timestamp", [&](JsonElement value) { return kube::read_time(value, sample.at); }),
      member("window", [&](JsonElement value) { return read_window(value, sample.window); }),
      member("containers",
             [&](JsonElement value) { return kube::read_elements(value, read_container); })));
  return checked(std::move(sample));
}

Result<UsageList> decode_list(const kube::Codec<UsageSample>& codec, std::string text) {
  BERTH_TRY(auto page, codec.decode_page(std::move(text)));
  UsageList list;
  list.samples.reserve(page.items.size());
  for (auto& item : page.items) {
    list.samples.push_back(*item);
    item.reset(); // of so many there is no room for two
  }
  list.malformed = std::move(page.malformed);
  return list;
}

/// The whole list at once: the metrics API knows no pages.
async::Task<Result<UsageList>> read_list(kube::Client& client, kube::ResourceType type,
                                         Result<UsageList> (*decode)(std::string)) {
  kube::ListOptions options;
  options.limit = 0;
  const std::string doing = "list " + type.kind;
  auto text = co_await client.list(std::move(type), std::move(options));
  if (!text)
    co_return fail(text.error().while_doing(doing));
  auto list = decode(std::move(*text));
  if (!list)
    co_return fail(list.error().while_doing(doing));
  co_return std::move(*list);
}

} // namespace

Result<UsageList> decode_node_metrics(std::string text) {
  return decode_list(
      kube::make_simdjson_codec<UsageSample>(kube::types::node_metrics(), decode_node),
      std::move(text));
}

Result<UsageList> decode_pod_metrics(std::string text) {
  return decode_list(kube::make_simdjson_codec<UsageSample>(kube::types::pod_metrics(), decode_pod),
                     std::move(text));
}

async::Task<Result<UsageList>> read_node_metrics(kube::Client& client) {
  return read_list(client, kube::types::node_metrics(), decode_node_metrics);
}

async::Task<Result<UsageList>> read_pod_metrics(kube::Client& client) {
  return read_list(client, kube::types::pod_metrics(), decode_pod_metrics);
}

} // namespace berth::cluster
