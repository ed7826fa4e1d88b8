#include "lib/kube/client.hpp"

#include <utility>

#include "lib/api/json.hpp"
#include "lib/kube/exchange.hpp"
#include "lib/kube/request_target.hpp"

namespace berth::kube {
namespace {

/// A watch ends by itself after its timeoutSeconds; this much later the connection is dead.
constexpr Duration kWatchEndGrace = std::chrono::seconds{30};

std::string_view content_type(PatchType type) {
  switch (type) {
  case PatchType::Json: return "application/json-patch+json";
  case PatchType::Merge: return "application/merge-patch+json";
  case PatchType::StrategicMerge: return "application/strategic-merge-patch+json";
  case PatchType::Apply: return "application/apply-patch+yaml";
  }
  return "application/json";
}

api::Json precondition_json(const Preconditions& preconditions) {
  api::Json json = api::Json::object();
  if (!preconditions.uid.empty())
    json["uid"] = preconditions.uid;
  if (!preconditions.resource_version.empty())
    json["resourceVersion"] = preconditions.resource_version;
  return json;
}

std::string delete_options_text(const Preconditions& preconditions) {
  api::Json json{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  if (auto held = precondition_json(preconditions); !held.empty())
    json["preconditions"] = std::move(held);
  return api::to_text(json);
}

std::string binding_text(const ObjectKey& pod, const std::string& uid, const std::string& node) {
  api::Json json{{"apiVersion", "v1"}, {"kind", "Binding"}};
  json["metadata"] = {{"namespace", pod.ns}, {"name", pod.name}, {"uid", uid}};
  json["target"] = {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}};
  return api::to_text(json);
}

std::string eviction_text(const ObjectKey& pod, const Preconditions& preconditions,
                          std::optional<Duration> grace) {
  api::Json options = api::Json::object();
  if (auto held = precondition_json(preconditions); !held.empty())
    options["preconditions"] = std::move(held);
  if (grace)
    options["gracePeriodSeconds"] = std::chrono::ceil<std::chrono::seconds>(*grace).count();
  api::Json json{{"apiVersion", "policy/v1"}, {"kind", "Eviction"}};
  json["metadata"] = {{"namespace", pod.ns}, {"name", pod.name}};
  json["deleteOptions"] = std::move(options);
  return api::to_text(json);
}

} // namespace

struct Client::Impl {
  Exchange exchange;

  [[nodiscard]] Call call_of(const ResourceType& type, std::string method, std::string target,
                             std::string body) const {
    const auto& options = exchange.options();
    Call call;
    call.lease = type.plural == types::lease().plural && type.group == types::lease().group;
    call.repeatable = method == "GET";
    call.timeout = call.lease ? options.lease_timeout : options.request_timeout;
    call.request.method = std::move(method);
    call.request.target = std::move(target);
    call.request.body = std::move(body);
    return call;
  }

  async::Task<Result<std::string>> send(Call call, std::string media_type) {
    if (!media_type.empty())
      call.request.headers.add("Content-Type", std::move(media_type));
    auto response = co_await exchange.send(std::move(call));
    if (!response)
      co_return fail(std::move(response).error());
    co_return std::move(response->body);
  }
};

Client::Client(http::Transport& transport, async::Executor& executor, Rng rng,
               ClientOptions options)
    : Client(transport, executor, rng, std::move(options), nullptr) {}

Client::Client(http::Transport& transport, async::Executor& executor, Rng rng,
               ClientOptions options, TokenSource* token)
    : impl_(new Impl{Exchange{transport, executor, rng, std::move(options), token}}) {}

Client::~Client() = default;

async::Task<Result<std::string>> Client::get(ResourceType type, ObjectKey key) {
  BERTH_CO_TRY(std::string target, object_target(type, key, {}));
  Call call = impl_->call_of(type, "GET", std::move(target), {});
  const std::string no_body;
  co_return co_await impl_->send(std::move(call), no_body);
}

async::Task<Result<std::string>> Client::list(ResourceType type, ListOptions options) {
  BERTH_CO_TRY(std::string target, list_target(type, options));
  Call call = impl_->call_of(type, "GET", std::move(target), {});
  call.timeout = options.timeout.value_or(call.timeout);
  const std::string no_body;
  co_return co_await impl_->send(std::move(call), no_body);
}

async::Task<Result<std::unique_ptr<http::BodyStream>>> Client::watch(ResourceType type,
                                                                     WatchOptions options) {
  BERTH_CO_TRY(std::string target, watch_target(type, options));
  Call call = impl_->call_of(type, "GET", std::move(target), {});
  const http::StreamOptions limits{call.timeout, options.timeout + kWatchEndGrace};
  co_return co_await impl_->exchange.open(std::move(call), limits);
}

async::Task<Result<std::string>> Client::create(ResourceType type, std::string ns,
                                                std::string body) {
  BERTH_CO_TRY(std::string target,
               create_target(type, ns, impl_->exchange.options().field_manager));
  Call call = impl_->call_of(type, "POST", std::move(target), std::move(body));
  const std::string json = "application/json";
  co_return co_await impl_->send(std::move(call), json);
}

async::Task<Result<std::string>> Client::update(ResourceType type, ObjectKey key, std::string body,
                                                WriteOptions options) {
  BERTH_CO_TRY(std::string target, object_target(type, key, options.subresource));
  add_query(target, "fieldManager", impl_->exchange.options().field_manager);
  if (options.dry_run)
    add_query(target, "dryRun", "All");
  Call call = impl_->call_of(type, "PUT", std::move(target), std::move(body));
  const std::string json = "application/json";
  co_return co_await impl_->send(std::move(call), json);
}

async::Task<Result<std::string>> Client::patch(ResourceType type, ObjectKey key,
                                               PatchType patch_type, std::string body,
                                               WriteOptions options) {
  BERTH_CO_TRY(std::string target, object_target(type, key, options.subresource));
  add_query(target, "fieldManager", impl_->exchange.options().field_manager);
  if (patch_type == PatchType::Apply && options.force)
    add_query(target, "force", "true");
  if (options.dry_run)
    add_query(target, "dryRun", "All");
  Call call = impl_->call_of(type, "PATCH", std::move(target), std::move(body));
  const std::string media_type(content_type(patch_type));
  co_return co_await impl_->send(std::move(call), media_type);
}

async::Task<Result<void>> Client::remove(ResourceType type, ObjectKey key,
                                         Preconditions preconditions) {
  BERTH_CO_TRY(std::string target, object_target(type, key, {}));
  Call call = impl_->call_of(type, "DELETE", std::move(target), delete_options_text(preconditions));
  const std::string json = "application/json";
  auto answer = co_await impl_->send(std::move(call), json);
  if (!answer)
    co_return fail(std::move(answer).error());
  co_return Result<void>{};
}

async::Task<Result<void>> Client::bind(ObjectKey pod, std::string pod_uid, std::string node) {
  BERTH_CO_TRY(std::string target, object_target(types::pod(), pod, "binding"));
  BERTH_CO_CHECK(check_path_segment("node", node));
  add_query(target, "fieldManager", impl_->exchange.options().field_manager);
  Call call =
      impl_->call_of(types::pod(), "POST", std::move(target), binding_text(pod, pod_uid, node));
  const std::string json = "application/json";
  auto answer = co_await impl_->send(std::move(call), json);
  if (!answer)
    co_return fail(std::move(answer).error());
  co_return Result<void>{};
}

async::Task<Result<void>> Client::evict(ObjectKey pod, Preconditions preconditions,
                                        std::optional<Duration> grace) {
  BERTH_CO_TRY(std::string target, object_target(types::pod(), pod, "eviction"));
  Call call = impl_->call_of(types::pod(), "POST", std::move(target),
                             eviction_text(pod, preconditions, grace));
  const std::string json = "application/json";
  auto answer = co_await impl_->send(std::move(call), json);
  if (!answer)
    co_return fail(std::move(answer).error());
  co_return Result<void>{};
}

async::Task<Result<void>> Client::may_evict(ObjectKey pod, Preconditions preconditions) {
  BERTH_CO_TRY(std::string target, object_target(types::pod(), pod, "eviction"));
  add_query(target, "dryRun", "All");
  Call call = impl_->call_of(types::pod(), "POST", std::move(target),
                             eviction_text(pod, preconditions, std::nullopt));
  const std::string json = "application/json";
  auto answer = co_await impl_->send(std::move(call), json);
  if (!answer)
    co_return fail(std::move(answer).error());
  co_return Result<void>{};
}

async::Task<Result<std::string>> Client::get_raw(std::string target) {
  if (!target.starts_with('/'))
    co_return fail(Code::Invalid, "a path begins with '/'");
  Call call = impl_->call_of({}, "GET", std::move(target), {});
  const std::string no_body;
  co_return co_await impl_->send(std::move(call), no_body);
}

std::optional<TimePoint> Client::throttled_at() const {
  return impl_->exchange.throttled_at();
}

} // namespace berth::kube
