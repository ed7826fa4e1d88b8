#include "operator/status/status_loop.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "lib/api/to_allocation.hpp"
#include "lib/async/task_group.hpp"
#include "operator/policy/decide.hpp"
#include "operator/quota/decide.hpp"
#include "operator/quota/fair_share.hpp"
#include "operator/request/decide.hpp"
#include "operator/reservation/conditional.hpp"
#include "operator/reservation/decide.hpp"
#include "operator/resource_pool/decide.hpp"
#include "operator/status/status_metrics.hpp"

namespace berth::op {
namespace {

constexpr std::size_t kStatusWritersPerKind = 4;
/// So much time passes for each status that is written, however many change all the time ...
constexpr Duration kTimePerWrite = std::chrono::milliseconds{100};
/// ... but none is older than this.
constexpr Duration kStatusAgeMax = std::chrono::seconds{30};
/// The passing of time alone may change what a trigger says.
kube::Outcome look_again(const ObservedReservation& observed, TimePoint now) {
  const TimePoint next = next_trigger_look(observed, now);
  return next == TimePoint::max() ? kube::Outcome::done()
                                  : kube::Outcome::requeue_after(std::max(next - now, Duration{1}));
}

/// The budget of a burst that is on empties without an event.
kube::Outcome look_again(const api::Quota& quota, const api::QuotaStatus& status) {
  return quota.spec.burst && api::is_true(status.conditions, "BurstActive")
             ? kube::Outcome::requeue_after(Duration{quota.spec.burst->budget} / kBudgetParts)
             : kube::Outcome::done();
}

telemetry::ReconcileOutcome outcome_label(const kube::Outcome& outcome) {
  switch (outcome.kind()) {
  case kube::Outcome::Kind::Done: return telemetry::ReconcileOutcome::Done;
  case kube::Outcome::Kind::RequeueAfter: return telemetry::ReconcileOutcome::Requeued;
  case kube::Outcome::Kind::Retry:
  case kube::Outcome::Kind::Terminal: return telemetry::ReconcileOutcome::Error;
  }
  return telemetry::ReconcileOutcome::Error;
}

} // namespace

/// The queue of one Kind and what is counted about it.
struct StatusLoop::Controller {
  Controller(async::Executor& executor, telemetry::Registry& registry, std::string_view name,
             telemetry::Logger used_log)
      : metrics(registry, name), queue_metrics(registry, name), queue(executor, queue_options()),
        log(std::move(used_log)) {}

  [[nodiscard]] kube::WorkQueueOptions queue_options() const {
    kube::WorkQueueOptions options;
    options.workers = kStatusWritersPerKind;
    options.on_taken = [this](std::chrono::nanoseconds waited) {
      queue_metrics.queue_duration_seconds.observe(std::chrono::duration<double>(waited).count());
    };
    return options;
  }

  /// Takes over what the queue has counted.
  void show() const {
    queue_metrics.depth.set(static_cast<double>(queue.depth()));
    queue_metrics.adds.set_total(static_cast<double>(queue.stats().adds));
    queue_metrics.retries.set_total(static_cast<double>(queue.stats().retries));
  }

  [[nodiscard]] async::Task<void> run(kube::WorkQueue::Reconcile reconcile, std::stop_token stop) {
    kube::WorkQueue::Observer observer = [this](const kube::ObjectKey& key,
                                                const kube::Outcome& outcome, Duration took) {
      metrics.reconciles(outcome_label(outcome)).add();
      metrics.duration_seconds.observe(std::chrono::duration<double>(took).count());
      queue_metrics.work_duration_seconds.observe(std::chrono::duration<double>(took).count());
      if (outcome.error())
        log.warn("Failed to reconcile", *outcome.error(), {{"object", to_string(key)}});
    };
    return queue.run(std::move(reconcile), std::move(observer), std::move(stop));
  }

  telemetry::ReconcilerMetrics metrics;
  telemetry::WorkQueueMetrics queue_metrics;
  kube::WorkQueue queue;
  telemetry::Logger log;
};

StatusLoop::StatusLoop(Parts parts, Duration interval)
    : parts_(std::move(parts)), interval_(interval),
      writer_(parts_.client, parts_.failpoints, parts_.leads, parts_.executor.clock()),
      news_{parts_.events, parts_.metrics, parts_.failpoints},
      metrics_api_(parts_.client, parts_.executor,
                   [this](const kube::ObjectKey& key) { reservations_->queue.add(key); }),
      pools_(std::make_unique<Controller>(parts_.executor, parts_.registry, "resourcepool",
                                          parts_.log.named("resourcepool"))),
      quotas_(std::make_unique<Controller>(parts_.executor, parts_.registry, "quota",
                                           parts_.log.named("quota"))),
      reservations_(std::make_unique<Controller>(parts_.executor, parts_.registry, "reservation",
                                                 parts_.log.named("reservation"))),
      requests_(std::make_unique<Controller>(parts_.executor, parts_.registry, "allocationrequest",
                                             parts_.log.named("allocationrequest"))),
      policies_(std::make_unique<Controller>(parts_.executor, parts_.registry, "allocationpolicy",
                                             parts_.log.named("allocationpolicy"))) {
  listen();
}

StatusLoop::~StatusLoop() = default;

std::size_t StatusLoop::pending() const {
  std::size_t pending = 0;
  for (const auto* controller :
       {pools_.get(), quotas_.get(), reservations_.get(), requests_.get(), policies_.get()})
    pending +=
        controller->queue.depth() + controller->queue.delayed() + controller->queue.working();
  return pending;
}

async::Task<void> StatusLoop::run(std::stop_token stop) {
  async::TaskGroup controllers(parts_.executor);
  controllers.spawn(
      pools_->run([this](kube::ObjectKey key) { return reconcile_pool(std::move(key)); }, stop));
  controllers.spawn(
      quotas_->run([this](kube::ObjectKey key) { return reconcile_quota(std::move(key)); }, stop));
  controllers.spawn(reservations_->run(
      [this](kube::ObjectKey key) { return reconcile_reservation(std::move(key)); }, stop));
  controllers.spawn(requests_->run(
      [this](kube::ObjectKey key) { return reconcile_request(std::move(key)); }, stop));
  controllers.spawn(policies_->run(
      [this](kube::ObjectKey key) { return reconcile_policy(std::move(key)); }, stop));
  for (bool due = true; due;) {
    look_at_all();
    due = co_await async::sleep_for(parts_.executor, interval_, stop);
  }
  co_await controllers.join();
  co_await metrics_api_.drain();
}

/// The sums in statuses wait their turn; a reservation's status is the decision itself.
void StatusLoop::look_at_sums() {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  if (!are_sums_due_ || now < sums_next_)
    return;
  are_sums_due_ = false;
  sums_ = newest_;
  const auto written = static_cast<Duration::rep>(std::exchange(written_, 0));
  sums_next_ = now + std::min(written * kTimePerWrite, kStatusAgeMax);
  for (const auto& [key, pool] : parts_.observer.pools().items())
    pools_->queue.add(key);
  for (const auto& [key, quota] : parts_.observer.quotas().items())
    quotas_->queue.add(key);
}

kube::Outcome StatusLoop::outcome_of(const Result<bool>& written) {
  if (written && *written)
    ++written_;
  return written ? kube::Outcome::done() : kube::Outcome::retry(written.error());
}

void StatusLoop::listen() {
  const auto look_at = [this](Controller& controller) {
    return [this, &controller](const auto& before, const auto& after) {
      is_exposed_ = false;
      if (after && newest_.accounts &&
          !(before && before->meta.generation == after->meta.generation &&
            before->status == after->status))
        controller.queue.add(after->meta.key());
    };
  };
  parts_.observer.pools().listen(look_at(*pools_));
  parts_.observer.quotas().listen(look_at(*quotas_));
  parts_.observer.reservations().listen(look_at(*reservations_));
  parts_.observer.requests().listen(look_at(*requests_));
  parts_.observer.policies().listen(look_at(*policies_));
  parts_.observer.pools().listen([this](const auto& before, const auto& after) {
    if (after && newest_.accounts && !(before && before->status == after->status))
      look_at_triggers(*after);
  });
}

void StatusLoop::look_at_triggers(const api::ResourcePool& pool) {
  for (const auto& [key, reservation] : parts_.observer.reservations().items()) {
    const auto& trigger = reservation->spec.trigger;
    if (trigger && trigger->utilization && reservation->spec.pool_ref.name.str() == pool.meta.name)
      reservations_->queue.add(key);
  }
}

void StatusLoop::look_at_all() {
  if (!std::exchange(is_exposed_, true))
    expose_statuses(parts_.observer, parts_.metrics);
  // A measurement grows old without an event.
  expose_pressure(parts_.observer, parts_.metrics, parts_.executor.clock().now());
  for (const auto* controller :
       {pools_.get(), quotas_.get(), reservations_.get(), requests_.get(), policies_.get()})
    controller->show();
  const auto snapshot = parts_.observer.snapshot();
  const auto plan = parts_.allocation.digest();
  const bool is_known = newest_.accounts && newest_.accounts->snapshot == snapshot;
  if (!snapshot || (is_known && newest_.plan == plan))
    return look_at_sums();
  newest_ = {std::make_shared<const Accounts>(sum_up(snapshot, parts_.observer.nodes())), plan};
  are_sums_due_ = true;
  look_at_sums();
  for (const auto& [key, reservation] : parts_.observer.reservations().items())
    reservations_->queue.add(key);
  for (const auto& [key, request] : parts_.observer.requests().items())
    requests_->queue.add(key);
  for (const auto& [key, policy] : parts_.observer.policies().items())
    policies_->queue.add(key);
}

async::Task<kube::Outcome> StatusLoop::reconcile_pool(kube::ObjectKey key) {
  const auto pool = parts_.observer.pools().find(key);
  if (!pool)
    co_return kube::Outcome::done();
  if (const auto awaited = writer_.awaited(pool->meta))
    co_return kube::Outcome::requeue_after(*awaited);
  const ObservedPool observed{pool, sums_.accounts};
  auto wanted = decide_pool_status(observed, parts_.executor.clock().now());
  if (!wanted)
    co_return kube::Outcome::done();
  auto current = api::allocated_part(pool->status);
  const api::ResourcePoolStatus now = *wanted;
  const auto written = co_await writer_.write(kube::types::resource_pool(), *pool,
                                              std::move(current), std::move(*wanted));
  if (written && *written)
    news_.tell(*pool, now);
  co_return outcome_of(written);
}

async::Task<kube::Outcome> StatusLoop::reconcile_quota(kube::ObjectKey key) {
  const auto quota = parts_.observer.quotas().find(key);
  if (!quota)
    co_return kube::Outcome::done();
  if (const auto awaited = writer_.awaited(quota->meta))
    co_return kube::Outcome::requeue_after(*awaited);
  const ObservedQuota observed{quota, sums_.accounts, sums_.plan};
  auto wanted = decide_quota_status(observed, parts_.executor.clock().now());
  if (!wanted)
    co_return kube::Outcome::done();
  const kube::Outcome again = look_again(*quota, *wanted);
  auto current = quota->status;
  const auto written =
      co_await writer_.write(kube::types::quota(), *quota, std::move(current), std::move(*wanted));
  // What was written comes back by the watch.
  co_return written && !*written ? again : outcome_of(written);
}

async::Task<kube::Outcome> StatusLoop::reconcile_reservation(kube::ObjectKey key) {
  const auto reservation = parts_.observer.reservations().find(key);
  if (!reservation) {
    metrics_api_.forget(key);
    co_return kube::Outcome::done();
  }
  if (const auto awaited = writer_.awaited(reservation->meta))
    co_return kube::Outcome::requeue_after(*awaited);
  const auto find_zone = [this](std::string_view name) { return time_zones_.find(name); };
  ObservedReservation observed{reservation, api::to_allocation(*reservation, find_zone),
                               newest_.accounts, newest_.plan};
  if (const auto& trigger = reservation->spec.trigger; trigger && trigger->metric) {
    observed.measured = metrics_api_.latest(key, *trigger);
    if (!observed.measured)
      co_return kube::Outcome::done(); // the answer will bring it back
  } else if (trigger) {
    observed.measured = read_utilization(
        *trigger, parts_.observer.pools().find({"", reservation->spec.pool_ref.name.str()}).get());
  }
  const TimePoint looked_at = parts_.executor.clock().now();
  auto wanted = decide_reservation_status(observed, looked_at);
  if (!wanted)
    co_return look_again(observed, looked_at);
  if (is_newly_judged(reservation->status, *wanted))
    parts_.failpoints.pass(Failpoint::BeforeReservationAccepted);
  const api::ReservationStatus now = *wanted;
  auto current = reservation->status;
  const auto written = co_await writer_.write(kube::types::reservation(), *reservation,
                                              std::move(current), std::move(*wanted));
  if (written && *written)
    news_.tell(*reservation, now);
  if (!written || *written)
    co_return outcome_of(written); // what was written comes back by the watch
  auto finalizers = decide_finalizers(observed);
  if (!finalizers)
    co_return look_again(observed, looked_at);
  const auto kept = co_await writer_.write_finalizers(kube::types::reservation(), reservation->meta,
                                                      *std::move(finalizers));
  co_return outcome_of(kept);
}

async::Task<kube::Outcome> StatusLoop::reconcile_request(kube::ObjectKey key) {
  const auto request = parts_.observer.requests().find(key);
  if (!request)
    co_return kube::Outcome::done();
  if (const auto awaited = writer_.awaited(request->meta))
    co_return kube::Outcome::requeue_after(*awaited);
  const ObservedRequest observed{request, newest_.plan};
  const TimePoint now = parts_.executor.clock().now();
  if (auto wanted = decide_request_status(observed, now)) {
    auto current = request->status;
    const auto written = co_await writer_.write(kube::types::allocation_request(), *request,
                                                std::move(current), std::move(*wanted));
    if (!written || *written)
      co_return outcome_of(written); // what was written comes back by the watch
  }
  const auto next = next_change(*request);
  if (next && *next > now)
    co_return kube::Outcome::requeue_after(*next - now);
  co_return kube::Outcome::done();
}

async::Task<kube::Outcome> StatusLoop::reconcile_policy(kube::ObjectKey key) {
  const auto policy = parts_.observer.policies().find(key);
  if (!policy)
    co_return kube::Outcome::done();
  if (const auto awaited = writer_.awaited(policy->meta))
    co_return kube::Outcome::requeue_after(*awaited);
  const ObservedPolicy observed{policy, newest_.accounts};
  auto wanted = decide_policy_status(observed, parts_.executor.clock().now());
  if (!wanted)
    co_return kube::Outcome::done();
  auto current = policy->status;
  const auto written = co_await writer_.write(kube::types::allocation_policy(), *policy,
                                              std::move(current), std::move(*wanted));
  co_return outcome_of(written);
}

} // namespace berth::op
