#include "cli/doctor/observe_parts.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/json_reading.hpp"
#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/base64.hpp"

namespace berth::cli {
namespace {

using api::Json;

constexpr const char* kOurs = "app.kubernetes.io/part-of=berth";
constexpr const char* kOperatorLease = "berth-operator";

/// The whole list in one answer: these lists are short, or are looked at for a sample only.
async::Task<Result<Json>> items_of(kube::Client& client, kube::ResourceType type,
                                   kube::ListOptions options) {
  auto text = co_await client.list(std::move(type), std::move(options));
  if (!text)
    co_return fail(text.error());
  BERTH_CO_TRY(const Json list, api::parse_json(*text, {std::size_t{64} << 20U, 64}));
  const Json& items = api::member_at(list, "/items");
  co_return items.is_array() ? items : Json::array();
}

std::string decoded_at(const Json& secret, const char* pointer) {
  return kube::decode_base64(api::text_at(secret, pointer)).value_or("");
}

std::string command_line(const Json& pod) {
  std::string line;
  for (const char* part : {"/spec/containers/0/command", "/spec/containers/0/args"})
    for (const Json& word : api::member_at(pod, part))
      if (word.is_string())
        line += (line.empty() ? "" : " ") + word.get<std::string>();
  return line;
}

bool has_port(const Json& slice, const std::string& name) {
  const Json& ports = api::member_at(slice, "/ports");
  return name.empty() || std::ranges::any_of(ports, [&](const Json& port) {
           return api::text_at(port, "/name") == name;
         });
}

std::int64_t count_ready(const Json& slices, const std::string& port_name) {
  std::int64_t ready = 0;
  for (const Json& slice : slices)
    for (const Json& endpoint : api::member_at(slice, "/endpoints")) {
      const Json& state = api::member_at(endpoint, "/conditions/ready");
      const bool is_ready = !state.is_boolean() || state.get<bool>(); // absent counts as ready
      ready += is_ready && has_port(slice, port_name) ? 1 : 0;
    }
  return ready;
}

} // namespace

async::Task<Result<std::string>> kubernetes_version(kube::Client& client) {
  BERTH_CO_TRY(const std::string text, co_await client.get_raw("/version"));
  BERTH_CO_TRY(const Json version, api::parse_json(text));
  co_return api::text_at(version, "/gitVersion");
}

async::Task<Result<Names>> served_resources(kube::Client& client) {
  BERTH_CO_TRY(const std::string text,
               co_await client.get_raw("/apis/" + std::string(api::kApiVersion)));
  BERTH_CO_TRY(const Json served, api::parse_json(text));
  Names names;
  for (const Json& resource : api::member_at(served, "/resources"))
    names.insert(api::text_at(resource, "/name"));
  co_return names;
}

async::Task<Result<Names>> names_of(kube::Client& client, kube::ResourceType type) {
  kube::ListOptions options;
  options.label_selector = kOurs;
  BERTH_CO_TRY(const Json items, co_await items_of(client, std::move(type), std::move(options)));
  Names names;
  for (const Json& item : items)
    names.insert(api::text_at(item, "/metadata/name"));
  co_return names;
}

async::Task<Result<std::vector<ObservedProgram>>> programs_of(kube::Client& client,
                                                              std::string ns) {
  kube::ListOptions options;
  options.ns = std::move(ns);
  options.label_selector = kOurs;
  BERTH_CO_TRY(const Json items,
               co_await items_of(client, kube::types::deployment(), std::move(options)));
  std::vector<ObservedProgram> programs;
  for (const Json& item : items)
    programs.push_back({api::text_at(item, "/metadata/name"),
                        api::text_at(item, "/spec/template/spec/containers/0/image"),
                        api::integer_at(item, "/spec/replicas", 1),
                        api::integer_at(item, "/status/readyReplicas")});
  std::ranges::sort(programs, {}, &ObservedProgram::name);
  co_return programs;
}

async::Task<Result<std::string>> operator_lease(kube::Client& client, std::string ns) {
  kube::ObjectKey key{std::move(ns), kOperatorLease};
  return client.get(kube::types::lease(), std::move(key));
}

async::Task<Result<std::int64_t>> ready_endpoints(kube::Client& client, kube::ObjectKey service,
                                                  std::string port_name) {
  kube::ListOptions options;
  options.ns = service.ns;
  options.label_selector = "kubernetes.io/service-name=" + service.name;
  BERTH_CO_TRY(const Json slices,
               co_await items_of(client, kube::types::endpoint_slice(), std::move(options)));
  if (slices.empty())
    co_return fail(Code::NotFound, "the Service " + service.name + " has no EndpointSlice");
  co_return count_ready(slices, port_name);
}

async::Task<Result<std::int64_t>> ready_endpoints(kube::Client& client, ObservedWebhook webhook) {
  if (webhook.service.name.empty())
    co_return fail(Code::Invalid, "the webhook " + webhook.name + " names no Service");
  const kube::ResourceType services{"", "v1", "services", "Service", true};
  BERTH_CO_TRY(const std::string text, co_await client.get(services, webhook.service));
  BERTH_CO_TRY(const Json service, api::parse_json(text));
  for (const Json& port : api::member_at(service, "/spec/ports"))
    if (api::integer_at(port, "/port") == webhook.port)
      co_return co_await ready_endpoints(client, webhook.service, api::text_at(port, "/name"));
  co_return fail(Code::NotFound, "the Service " + webhook.service.name + " has no port " +
                                     std::to_string(webhook.port));
}

async::Task<Result<std::vector<ObservedWebhook>>> webhooks_of(kube::Client& client) {
  constexpr std::int64_t kHttps = 443;
  kube::ListOptions options;
  options.label_selector = kOurs;
  BERTH_CO_TRY(
      const Json items,
      co_await items_of(client, kube::types::mutating_webhook_configuration(), std::move(options)));
  std::vector<ObservedWebhook> webhooks;
  for (const Json& item : items)
    for (const Json& webhook : api::member_at(item, "/webhooks"))
      webhooks.push_back({api::text_at(item, "/metadata/name"),
                          api::text_at(webhook, "/name"),
                          decoded_at(webhook, "/clientConfig/caBundle"),
                          {api::text_at(webhook, "/clientConfig/service/namespace"),
                           api::text_at(webhook, "/clientConfig/service/name")},
                          api::integer_at(webhook, "/clientConfig/service/port", kHttps)});
  co_return webhooks;
}

async::Task<Result<ObservedCertificate>> certificate_of(kube::Client& client,
                                                        kube::ObjectKey secret) {
  BERTH_CO_TRY(const std::string text,
               co_await client.get(kube::types::secret(), std::move(secret)));
  BERTH_CO_TRY(const Json object, api::parse_json(text));
  ObservedCertificate found;
  found.certificate = decoded_at(object, "/data/tls.crt");
  found.authorities = decoded_at(object, "/data/ca.crt");
  co_return found;
}

async::Task<Result<std::string>> scheduler_config_text(kube::Client& client,
                                                       kube::ObjectKey config_map) {
  BERTH_CO_TRY(const std::string text,
               co_await client.get(kube::types::config_map(), std::move(config_map)));
  BERTH_CO_TRY(const Json object, api::parse_json(text));
  co_return api::text_at(object, "/data/config.yaml");
}

async::Task<Result<std::vector<std::string>>> scheduler_commands(kube::Client& client) {
  kube::ListOptions options;
  options.ns = "kube-system";
  options.label_selector = "component=kube-scheduler";
  BERTH_CO_TRY(const Json pods, co_await items_of(client, kube::types::pod(), std::move(options)));
  std::vector<std::string> lines;
  for (const Json& pod : pods)
    lines.push_back(command_line(pod));
  std::ranges::sort(lines);
  co_return lines;
}

async::Task<Result<ObservedMetrics>> node_measurements(kube::Client& client) {
  kube::ListOptions options;
  options.limit = 0; // this API knows no pages
  BERTH_CO_TRY(const Json nodes,
               co_await items_of(client, kube::types::node_metrics(), std::move(options)));
  ObservedMetrics metrics;
  for (const Json& node : nodes) {
    ++metrics.nodes;
    if (const auto at = parse_time(api::text_at(node, "/timestamp")))
      metrics.newest = std::max(metrics.newest, *at);
  }
  co_return metrics;
}

async::Task<Result<bool>> may_i(kube::Client& client, ObservedRight right) {
  const Json review{
      {"apiVersion", "authorization.k8s.io/v1"},
      {"kind", "SelfSubjectAccessReview"},
      {"spec",
       {{"resourceAttributes",
         {{"verb", right.verb}, {"group", right.group}, {"resource", right.resource}}}}}};
  const std::string no_namespace;
  std::string body = api::to_text(review);
  BERTH_CO_TRY(const std::string text,
               co_await client.create(kube::types::self_subject_access_review(), no_namespace,
                                      std::move(body)));
  BERTH_CO_TRY(const Json answer, api::parse_json(text));
  const Json& allowed = api::member_at(answer, "/status/allowed");
  co_return allowed.is_boolean() && allowed.get<bool>();
}

} // namespace berth::cli
