#include "scheduler-extender/bind.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/placement.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

/// A connection that broke is tried once more: an error would cost the pod the scheduler's
/// back-off.
constexpr std::size_t kAttemptsMax = 2;

/// Whether the server answered and refused, so that nothing was written for certain.
bool is_definite(Code code) {
  return code != Code::Timeout && code != Code::Unavailable && code != Code::Internal &&
         code != Code::Cancelled;
}

kube::ObjectKey key_of(const BindRequest& request) {
  return {request.pod_namespace, request.pod_name};
}

BindResult refused(std::string why) {
  return {std::move(why), true};
}

/// A pod that is gone, or another one by now, is the way of things; all else is trouble.
BindResult failed(const Error& error) {
  return {error.message, error.code == Code::NotFound || error.code == Code::Conflict};
}

} // namespace

Binder::Binder(kube::Client& client, cluster::Observer& observer, async::Executor& executor,
               BindOptions options)
    : client_(client), observer_(observer), executor_(executor), options_(options) {}

async::Task<BindResult> Binder::bind(BindRequest request) {
  co_await async::switch_to(executor_);
  if (in_flight_ >= options_.in_flight_max)
    co_return BindResult{"Throttled: too many bindings are under way"};
  ++in_flight_;
  BindResult result = co_await bind_checked(std::move(request));
  --in_flight_;
  co_return result;
}

async::Task<BindResult> Binder::bind_checked(BindRequest request) {
  const Result<Pod> pod = co_await find(request);
  if (!pod)
    co_return failed(pod.error().while_doing("look at the pod"));
  const NodeName node(request.node);
  if ((*pod)->view.is_bound()) {
    if ((*pod)->view.node == node)
      co_return BindResult{};
    co_return refused("Conflict: the pod is bound to node " + (*pod)->view.node.str());
  }
  if (auto refusal = refuse(**pod, node))
    co_return std::move(*refusal);
  const PodUid uid(request.pod_uid);
  observer_.assume_bound(uid, node);
  const Result<void> bound = co_await post(request);
  if (bound)
    co_return BindResult{};
  if (is_definite(bound.error().code))
    observer_.forget(uid);
  co_return failed(bound.error().while_doing("bind"));
}

async::Task<Result<Binder::Pod>> Binder::find(BindRequest request) {
  const Pod known = observer_.find_pod(PodUid(request.pod_uid));
  // The watch may lag behind the admission that let kube-scheduler have the pod.
  if (!known || standing_of(*known, observer_.snapshot().get()) == Standing::NotAdmitted)
    co_return co_await read(std::move(request));
  if (known->meta.key() != key_of(request))
    co_return fail(Code::Invalid, "another pod has the UID: " + to_string(known->meta.key()));
  co_return known;
}

async::Task<Result<Binder::Pod>> Binder::read(BindRequest request) {
  const kube::ObjectKey key = key_of(request);
  BERTH_CO_TRY(const std::string text, co_await client_.get(kube::types::pod(), key));
  BERTH_CO_TRY(Pod pod, cluster::decode_pod_text(text));
  if (pod->meta.uid != request.pod_uid)
    co_return fail(Code::Conflict, "the pod's UID is " + pod->meta.uid);
  co_return pod;
}

std::optional<BindResult> Binder::refuse(const cluster::Pod& pod, const NodeName& node) {
  auto snapshot = observer_.snapshot();
  const Standing standing = standing_of(pod, snapshot.get());
  if (standing == Standing::Unmanaged)
    return std::nullopt;
  if (!snapshot)
    return BindResult{"CachesNotSynced: the extender has just started and decides nothing yet"};
  if (standing == Standing::NotAdmitted)
    return refused("NotAdmitted: " + std::string(meaning(Reason::NotAdmitted)));
  // Counts what was assumed since that snapshot: the bindings under way beside this one.
  snapshot = observer_.publish_now();
  const allocation::PlacementQuery query = query_for(*snapshot, pod.view);
  const auto rejection = check(*snapshot, node, query);
  if (!rejection)
    return std::nullopt;
  const bool is_planned = std::ranges::find(query.planned_nodes, node) != query.planned_nodes.end();
  if (is_planned && is_older_than_plan(rejection->reason, pod, *snapshot))
    return std::nullopt;
  return refused(to_string(*rejection));
}

async::Task<Result<void>> Binder::post(BindRequest request) {
  const kube::ObjectKey key = key_of(request);
  const SteadyPoint began = executor_.clock().steady_now();
  for (std::size_t attempt = 1;; ++attempt) {
    const Result<void> bound = co_await client_.bind(key, request.pod_uid, request.node);
    if (bound || (bound.error().code != Code::Conflict && is_definite(bound.error().code)))
      co_return bound;
    // It may have taken effect, now or in an earlier call whose reply was lost.
    const Result<Pod> pod = co_await read(request);
    if (pod && (*pod)->view.node.str() == request.node)
      co_return Result<void>{};
    if (pod && (*pod)->view.is_bound())
      co_return fail(Code::Conflict, "the pod is bound to node " + (*pod)->view.node.str());
    const bool is_late = executor_.clock().steady_now() - began > options_.retry_within;
    if (bound.error().code == Code::Conflict || is_late || attempt == kAttemptsMax)
      co_return bound;
  }
}

} // namespace berth::extender
