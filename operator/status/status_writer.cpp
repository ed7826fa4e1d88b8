#include "operator/status/status_writer.hpp"

#include <nlohmann/json.hpp>

namespace berth::op {

void StatusWriter::note_written(const kube::ObjectMeta& object) {
  const SteadyPoint now = clock_.steady_now();
  if (now - turned_at_ >= kSeenWithin) {
    earlier_ = std::exchange(newest_, {});
    turned_at_ = now;
  }
  newest_[object.uid] = {object.resource_version, now};
}

std::optional<Duration> StatusWriter::awaited(const kube::ObjectMeta& object) const {
  const auto find_in = [&](const ByUid& written) -> const Written* {
    const auto at = written.find(object.uid);
    return at == written.end() ? nullptr : &at->second;
  };
  const Written* written = find_in(newest_);
  if (written == nullptr)
    written = find_in(earlier_);
  if (written == nullptr || written->onto != object.resource_version)
    return std::nullopt;
  const auto passed = std::chrono::duration_cast<Duration>(clock_.steady_now() - written->at);
  return passed < kSeenWithin ? std::optional{kSeenWithin - passed} : std::nullopt;
}

async::Task<Result<bool>> StatusWriter::send(kube::ResourceType type, kube::ObjectMeta object,
                                             std::string body) {
  if (!leads_())
    co_return false;
  failpoints_.pass(Failpoint::BeforeStatusWrite);
  auto patch = nlohmann::json::parse(body);
  patch["metadata"]["resourceVersion"] = object.resource_version;
  body = patch.dump();
  kube::WriteOptions options;
  options.subresource = "status";
  options.force = true;
  auto written =
      co_await client_.patch(type, object.key(), kube::PatchType::Apply, std::move(body), options);
  if (written) {
    failpoints_.pass(Failpoint::AfterStatusWrite);
    co_return true;
  }
  if (written.error().code == Code::NotFound || written.error().code == Code::Conflict)
    co_return false;
  co_return fail(written.error().while_doing("write the status of " + type.kind + " " +
                                             to_string(object.key())));
}

async::Task<Result<bool>> StatusWriter::write_finalizers(kube::ResourceType type,
                                                         kube::ObjectMeta object,
                                                         std::vector<std::string> finalizers) {
  if (!leads_())
    co_return false;
  nlohmann::json metadata;
  metadata["uid"] = object.uid;
  metadata["resourceVersion"] = object.resource_version;
  metadata["finalizers"] = std::move(finalizers);
  nlohmann::json patch;
  patch["metadata"] = std::move(metadata);
  std::string body = patch.dump();
  kube::WriteOptions options;
  failpoints_.pass(Failpoint::BeforeFinalizers);
  auto written =
      co_await client_.patch(type, object.key(), kube::PatchType::Merge, std::move(body), options);
  if (written) {
    failpoints_.pass(Failpoint::AfterFinalizers);
    co_return true;
  }
  if (written.error().code == Code::NotFound || written.error().code == Code::Conflict)
    co_return false;
  co_return fail(written.error().while_doing("write the finalizers of " + type.kind + " " +
                                             to_string(object.key())));
}

} // namespace berth::op
