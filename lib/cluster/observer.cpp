#include "lib/cluster/observer.hpp"

#include <utility>

#include "lib/async/task_group.hpp"
#include "lib/cluster/observer_impl.hpp"
#include "lib/cluster/request_units.hpp"

namespace berth::cluster {

Observer::Observer(kube::Client& client, async::Executor& executor, Rng rng,
                   ObserverOptions options)
    : impl_(std::make_unique<Impl>(*this, client, executor, rng, options)) {}

Observer::~Observer() {
  if (impl_->publish_timer)
    impl_->executor.cancel(*impl_->publish_timer);
}

async::Task<void> Observer::run(std::stop_token stop) {
  Impl& impl = *impl_;
  async::TaskGroup tasks(impl.executor);
  tasks.spawn(impl.pods.reflector.run(stop));
  tasks.spawn(impl.nodes.reflector.run(stop));
  tasks.spawn(impl.namespaces.reflector.run(stop));
  tasks.spawn(impl.pools.reflector.run(stop));
  tasks.spawn(impl.quotas.reflector.run(stop));
  tasks.spawn(impl.reservations.reflector.run(stop));
  tasks.spawn(impl.requests.reflector.run(stop));
  tasks.spawn(impl.policies.reflector.run(stop));
  if (impl.options.decides) {
    tasks.spawn(impl.namespace_quotas.reflector.run(stop));
    tasks.spawn(impl.priorities.reflector.run(stop));
  }
  tasks.spawn(impl.expire_assumptions(stop));
  tasks.spawn(impl.audit_ledger(stop));
  co_await tasks.join();
}

void Observer::measured(std::map<NodeName, allocation::NodeUse> measured) {
  if (impl_->feed.measured(std::move(measured), impl_->nodes.store))
    impl_->changed();
}

void Observer::on_publish(std::function<void(const Snapshot&)> listener) {
  impl_->publish_listeners.push_back(std::move(listener));
}

void Observer::on_drift(std::function<void(const allocation::Drift&)> listener) {
  impl_->drift_listeners.push_back(std::move(listener));
}

void Observer::on_audit(std::function<void(const std::vector<allocation::Drift>&)> listener) {
  impl_->audit_listeners.push_back(std::move(listener));
}

void Observer::on_failure(const std::function<void(const Error&)>& listener) {
  Impl& impl = *impl_;
  const auto report = [&](auto&... reflected) { (reflected.reflector.report_to(listener), ...); };
  report(impl.pods, impl.nodes, impl.namespaces, impl.pools, impl.quotas, impl.reservations,
         impl.requests, impl.priorities, impl.policies, impl.namespace_quotas);
}

const kube::Store<Pod>& Observer::pods() const {
  return impl_->pods.store;
}

kube::Store<Pod>& Observer::pods() {
  return impl_->pods.store;
}

const kube::Store<Node>& Observer::nodes() const {
  return impl_->nodes.store;
}

kube::Store<api::ResourcePool>& Observer::pools() {
  return impl_->pools.store;
}

kube::Store<api::Quota>& Observer::quotas() {
  return impl_->quotas.store;
}

kube::Store<api::Reservation>& Observer::reservations() {
  return impl_->reservations.store;
}

kube::Store<api::AllocationRequest>& Observer::requests() {
  return impl_->requests.store;
}
kube::Store<api::AllocationPolicy>& Observer::policies() {
  return impl_->policies.store;
}

kube::Store<api::AllocationRequest>::Item Observer::find_request(const PodUid& unit) const {
  const auto uid = request_uid_of(unit);
  const auto key = uid ? impl_->key_of_uid.find(*uid) : impl_->key_of_uid.end();
  if (key == impl_->key_of_uid.end())
    return nullptr;
  auto request = impl_->requests.store.find(key->second);
  return request && request->meta.uid == *uid ? request : nullptr;
}

kube::Store<Pod>::Item Observer::find_pod(const PodUid& uid) const {
  const auto key = impl_->key_of_uid.find(uid.str());
  if (key == impl_->key_of_uid.end())
    return nullptr;
  auto pod = impl_->pods.store.find(key->second);
  return pod && pod->meta.uid == uid.str() ? pod : nullptr;
}

std::vector<ObservedResource> Observer::resources() const {
  const auto row = [](const auto& reflected) {
    return ObservedResource{reflected.reflector.type().plural, reflected.reflector.stats(),
                            reflected.store.size(), reflected.store.has_synced()};
  };
  std::vector<ObservedResource> rows{
      row(impl_->pods),   row(impl_->nodes),        row(impl_->namespaces), row(impl_->pools),
      row(impl_->quotas), row(impl_->reservations), row(impl_->requests),   row(impl_->policies)};
  if (impl_->options.decides) {
    rows.push_back(row(impl_->namespace_quotas));
    rows.push_back(row(impl_->priorities));
  }
  return rows;
}

void Observer::assume_admitted(const PodUid& pod, allocation::AdmissionRecord record) {
  impl_->assumptions.assume_admitted(pod, std::move(record));
  impl_->feed_again(pod);
}

void Observer::assume_bound(const PodUid& pod, NodeName node) {
  impl_->assumptions.assume_bound(pod, std::move(node), impl_->executor.clock().steady_now());
  impl_->feed_again(pod);
}

void Observer::assume_evicted(const PodUid& pod) {
  impl_->assumptions.assume_evicted(pod, impl_->executor.clock().steady_now());
  impl_->feed_again(pod);
}

void Observer::forget(const PodUid& pod) {
  if (impl_->assumptions.forget(pod))
    impl_->feed_again(pod);
}

void Observer::confirm_within(const PodUid& pod, Duration time) {
  impl_->assumptions.confirm_by(pod, impl_->executor.clock().steady_now() + time);
}

Observer::Snapshot Observer::publish_now() {
  ensure(impl_->all_synced(), "nothing is published before every cache is filled");
  impl_->publish();
  return snapshot();
}

} // namespace berth::cluster
