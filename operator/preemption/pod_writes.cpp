#include "operator/preemption/pod_writes.hpp"

#include <utility>

#include "lib/cluster/pod_codec.hpp"
#include "lib/cluster/request_units.hpp"

namespace berth::op {
namespace {

tl::unexpected<Error> not_leading() {
  return fail(Code::Cancelled, "this replica does not lead any more");
}

} // namespace

std::shared_ptr<const cluster::Pod> PodWrites::known(const PodUid& pod) const {
  return cluster::request_uid_of(pod) ? requests_.known(pod) : parts_.observer.find_pod(pod);
}

Result<kube::ObjectKey> PodWrites::key_of(const PodUid& pod) const {
  const auto known = parts_.observer.find_pod(pod);
  if (!known)
    return fail(Code::NotFound, "the pod is gone");
  return known->meta.key();
}

async::Task<Result<void>> PodWrites::patch(PodUid pod, Patch patch) {
  const auto known = this->known(pod);
  if (!known)
    co_return fail(Code::NotFound, "the pod is gone");
  if (!parts_.leads())
    co_return not_leading();
  if (known->view.is_request)
    co_return co_await requests_.patch(std::move(pod), std::move(patch));
  const kube::ObjectKey key = known->meta.key();
  std::string body = patch(*known);
  kube::WriteOptions options;
  auto written = co_await parts_.client.patch(kube::types::pod(), key, kube::PatchType::Merge,
                                              std::move(body), std::move(options));
  if (!written)
    co_return fail(std::move(written).error());
  co_return Result<void>{};
}

async::Task<Result<cluster::Pod>> PodWrites::read(PodUid pod) {
  if (cluster::request_uid_of(pod))
    co_return co_await requests_.read(std::move(pod));
  BERTH_CO_TRY(const kube::ObjectKey key, key_of(pod));
  BERTH_CO_TRY(std::string text, co_await parts_.client.get(kube::types::pod(), key));
  BERTH_CO_TRY(const auto fresh, cluster::decode_pod_text(std::move(text)));
  if (fresh->meta.uid != pod.str())
    co_return fail(Code::NotFound, "the pod is another one by now");
  co_return *fresh;
}

async::Task<Result<void>> PodWrites::may_evict(PodUid pod) {
  if (cluster::request_uid_of(pod))
    co_return Result<void>{};
  BERTH_CO_TRY(const kube::ObjectKey key, key_of(pod));
  if (!parts_.leads())
    co_return not_leading();
  kube::Preconditions preconditions{pod.str(), {}};
  co_return co_await parts_.client.may_evict(key, std::move(preconditions));
}

async::Task<Result<void>> PodWrites::evict(PodUid pod) {
  if (cluster::request_uid_of(pod)) {
    if (!parts_.leads())
      co_return not_leading();
    co_return co_await requests_.revoke(std::move(pod));
  }
  BERTH_CO_TRY(const kube::ObjectKey key, key_of(pod));
  if (!parts_.leads())
    co_return not_leading();
  kube::Preconditions preconditions{pod.str(), {}};
  co_return co_await parts_.client.evict(key, std::move(preconditions), std::nullopt);
}

} // namespace berth::op
