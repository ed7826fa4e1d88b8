#include "operator/status/status_writer.hpp"

#include <nlohmann/json.hpp>

namespace berth::op {

async::Task<Result<bool>> StatusWriter::send(kube::ResourceType type, kube::ObjectMeta object,
                                             std::string body) {
  if (!leads())
    co_return false;
  failpoints.pass(Failpoint::BeforeStatusWrite);
  auto patch = nlohmann::json::parse(body);
  patch["metadata"]["resourceVersion"] = object.resource_version;
  body = patch.dump();
  kube::WriteOptions options;
  options.subresource = "status";
  options.force = true;
  auto written =
      co_await client.patch(type, object.key(), kube::PatchType::Apply, std::move(body), options);
  if (written)
    co_return true;
  if (written.error().code == Code::NotFound || written.error().code == Code::Conflict)
    co_return false;
  co_return fail(written.error().while_doing("write the status of " + type.kind + " " +
                                             to_string(object.key())));
}

async::Task<Result<bool>> StatusWriter::write_finalizers(kube::ResourceType type,
                                                         kube::ObjectMeta object,
                                                         std::vector<std::string> finalizers) {
  if (!leads())
    co_return false;
  nlohmann::json metadata;
  metadata["uid"] = object.uid;
  metadata["resourceVersion"] = object.resource_version;
  metadata["finalizers"] = std::move(finalizers);
  nlohmann::json patch;
  patch["metadata"] = std::move(metadata);
  std::string body = patch.dump();
  kube::WriteOptions options;
  auto written =
      co_await client.patch(type, object.key(), kube::PatchType::Merge, std::move(body), options);
  if (written)
    co_return true;
  if (written.error().code == Code::NotFound || written.error().code == Code::Conflict)
    co_return false;
  co_return fail(written.error().while_doing("write the finalizers of " + type.kind + " " +
                                             to_string(object.key())));
}

} // namespace berth::op
