#include "operator/request/request_writes.hpp"

#include <utility>

#include "lib/api/codec.hpp"
#include "lib/cluster/request_units.hpp"
#include "operator/request/decide.hpp"

namespace berth::op {
namespace {

std::shared_ptr<const cluster::Pod> as_pod(const api::AllocationRequest& request,
                                           const PodUid& uid) {
  const auto number = cluster::unit_number(uid);
  auto unit = number ? cluster::unit_of(request, 0, *number) : std::nullopt;
  if (!unit)
    return nullptr;
  auto pod = std::make_shared<cluster::Pod>();
  pod->meta = request.meta;
  pod->view = *std::move(unit);
  return pod;
}

bool is_first(const PodUid& unit) {
  return cluster::unit_number(unit) == std::size_t{0};
}

} // namespace

std::shared_ptr<const cluster::Pod> RequestWrites::known(const PodUid& unit) const {
  const auto request = parts_.observer.find_request(unit);
  return request ? as_pod(*request, unit) : nullptr;
}

async::Task<Result<void>> RequestWrites::patch(PodUid unit, Patch patch) {
  const auto pod = known(unit);
  if (!pod)
    co_return fail(Code::NotFound, "the request is gone");
  if (!is_first(unit))
    co_return Result<void>{};
  const kube::ObjectKey key = pod->meta.key();
  std::string body = patch(*pod);
  kube::WriteOptions options;
  auto written =
      co_await parts_.client.patch(kube::types::allocation_request(), key, kube::PatchType::Merge,
                                   std::move(body), std::move(options));
  if (!written)
    co_return fail(std::move(written).error());
  co_return Result<void>{};
}

async::Task<Result<cluster::Pod>> RequestWrites::read(PodUid unit) {
  const auto pod = known(unit);
  if (!pod)
    co_return fail(Code::NotFound, "the request is gone");
  if (!is_first(unit))
    co_return *pod;
  const kube::ObjectKey key = pod->meta.key();
  BERTH_CO_TRY(const std::string text,
               co_await parts_.client.get(kube::types::allocation_request(), key));
  BERTH_CO_TRY(const auto fresh, api::decode_text<api::AllocationRequest>(text));
  const auto as_unit = fresh.meta.uid == pod->meta.uid ? as_pod(fresh, unit) : nullptr;
  if (!as_unit)
    co_return fail(Code::NotFound, "the request is another one by now");
  co_return *as_unit;
}

async::Task<Result<void>> RequestWrites::revoke(PodUid unit) {
  const auto known = parts_.observer.find_request(unit);
  if (!known)
    co_return fail(Code::NotFound, "the request is gone");
  if (!is_first(unit))
    co_return Result<void>{};
  const kube::ObjectKey key = known->meta.key();
  BERTH_CO_TRY(const std::string text,
               co_await parts_.client.get(kube::types::allocation_request(), key));
  BERTH_CO_TRY(const auto fresh, api::decode_text<api::AllocationRequest>(text));
  if (fresh.meta.uid != known->meta.uid || is_true(fresh.status.conditions, "Finished"))
    co_return fail(Code::NotFound, "the request has ended");
  auto wanted =
      finished_status(fresh, Reason::Preempted, "what it held goes to work that is entitled to it",
                      parts_.executor.clock().now());
  auto current = fresh.status;
  const auto written = co_await parts_.writer.write(kube::types::allocation_request(), fresh,
                                                    std::move(current), std::move(wanted));
  if (!written)
    co_return fail(written.error());
  if (!*written) // a Conflict would say that there is nothing to do
    co_return fail(Code::Unavailable, "the request has changed");
  co_return Result<void>{};
}

} // namespace berth::op
