#include "operator/status/status_loop.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"
#include "operator/quota/decide.hpp"
#include "operator/reservation/decide.hpp"
#include "operator/resource_pool/decide.hpp"

namespace berth::op {
namespace {

constexpr std::size_t kStatusWritersPerKind = 4;

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
      : queue(executor,
              [] {
                kube::WorkQueueOptions options;
                options.workers = kStatusWritersPerKind;
                return options;
              }()),
        metrics(registry, name), log(std::move(used_log)) {}

  [[nodiscard]] async::Task<void> run(kube::WorkQueue::Reconcile reconcile, std::stop_token stop) {
    kube::WorkQueue::Observer observer = [this](const kube::ObjectKey& key,
                                                const kube::Outcome& outcome, Duration took) {
      metrics.reconciles(outcome_label(outcome)).add();
      metrics.duration_seconds.observe(std::chrono::duration<double>(took).count());
      if (outcome.error())
        log.warn("Failed to reconcile", *outcome.error(), {{"object", to_string(key)}});
    };
    return queue.run(std::move(reconcile), std::move(observer), std::move(stop));
  }

  kube::WorkQueue queue;
  telemetry::ReconcilerMetrics metrics;
  telemetry::Logger log;
};

StatusLoop::StatusLoop(Parts parts, Duration interval)
    : parts_(std::move(parts)), interval_(interval), writer_{parts_.client, parts_.failpoints},
      pools_(std::make_unique<Controller>(parts_.executor, parts_.registry, "resourcepool",
                                          parts_.log.named("resourcepool"))),
      quotas_(std::make_unique<Controller>(parts_.executor, parts_.registry, "quota",
                                           parts_.log.named("quota"))),
      reservations_(std::make_unique<Controller>(parts_.executor, parts_.registry, "reservation",
                                                 parts_.log.named("reservation"))) {}

StatusLoop::~StatusLoop() = default;

std::size_t StatusLoop::pending() const {
  std::size_t pending = 0;
  for (const auto* controller : {pools_.get(), quotas_.get(), reservations_.get()})
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
  for (bool due = true; due;) {
    look_at_all();
    due = co_await async::sleep_for(parts_.executor, interval_, stop);
  }
  co_await controllers.join();
}

void StatusLoop::look_at_all() {
  const auto snapshot = parts_.observer.snapshot();
  const auto plan = parts_.allocation.digest();
  if (!snapshot || (accounts_ && accounts_->snapshot == snapshot && plan_ == plan))
    return;
  accounts_ = std::make_shared<const Accounts>(sum_up(snapshot, parts_.observer.nodes()));
  plan_ = plan;
  for (const auto& [key, pool] : parts_.observer.pools().items())
    pools_->queue.add(key);
  for (const auto& [key, quota] : parts_.observer.quotas().items())
    quotas_->queue.add(key);
  for (const auto& [key, reservation] : parts_.observer.reservations().items())
    reservations_->queue.add(key);
}

async::Task<kube::Outcome> StatusLoop::reconcile_pool(kube::ObjectKey key) {
  const auto pool = parts_.observer.pools().find(key);
  if (!pool)
    co_return kube::Outcome::done();
  const ObservedPool observed{pool, accounts_};
  auto wanted = decide_pool_status(observed, parts_.executor.clock().now());
  auto current = api::allocated_part(pool->status);
  co_return co_await writer_.write(kube::types::resource_pool(), *pool, std::move(current),
                                   std::move(wanted));
}

async::Task<kube::Outcome> StatusLoop::reconcile_quota(kube::ObjectKey key) {
  const auto quota = parts_.observer.quotas().find(key);
  if (!quota)
    co_return kube::Outcome::done();
  const ObservedQuota observed{quota, accounts_, plan_};
  auto wanted = decide_quota_status(observed, parts_.executor.clock().now());
  if (!wanted)
    co_return kube::Outcome::done();
  auto current = quota->status;
  co_return co_await writer_.write(kube::types::quota(), *quota, std::move(current),
                                   std::move(*wanted));
}

async::Task<kube::Outcome> StatusLoop::reconcile_reservation(kube::ObjectKey key) {
  const auto reservation = parts_.observer.reservations().find(key);
  if (!reservation)
    co_return kube::Outcome::done();
  const ObservedReservation observed{reservation, accounts_, plan_};
  auto wanted = decide_reservation_status(observed, parts_.executor.clock().now());
  if (!wanted)
    co_return kube::Outcome::done();
  const bool newly_judged =
      api::is_true(wanted->conditions, "Accepted") !=
          api::is_true(reservation->status.conditions, "Accepted") ||
      api::find_condition(reservation->status.conditions, "Accepted") == nullptr;
  if (newly_judged)
    parts_.failpoints.pass(Failpoint::BeforeReservationAccepted);
  const api::ReservationStatus told = *wanted;
  auto current = reservation->status;
  auto outcome = co_await writer_.write(kube::types::reservation(), *reservation,
                                        std::move(current), std::move(*wanted));
  if (newly_judged && outcome.kind() == kube::Outcome::Kind::Done) {
    parts_.failpoints.pass(Failpoint::AfterReservationAccepted);
    tell_acceptance(*reservation, told);
  }
  co_return outcome;
}

void StatusLoop::tell_acceptance(const api::Reservation& reservation,
                                 const api::ReservationStatus& wanted) {
  const auto* accepted = api::find_condition(wanted.conditions, "Accepted");
  const kube::ObjectReference about{std::string(api::kApiVersion), "Reservation",
                                    reservation.meta.key(), reservation.meta.uid};
  const bool yes = accepted->status == api::ConditionStatus::True;
  parts_.events.record(about, yes ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                       accepted->reason, "Accept", accepted->message);
}

} // namespace berth::op
