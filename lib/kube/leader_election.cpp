#include "lib/kube/leader_election.hpp"

#include <optional>
#include <utility>

#include "lib/kube/lease.hpp"

namespace berth::kube {
namespace {

/// Standbys ask at times that differ by up to this part of the period.
constexpr double kRetryPeriodJitter = 1.2;

} // namespace

struct LeaderElection::Impl {
  Client& client;
  async::Executor& executor;
  Rng rng;
  LeaderElectionOptions options;
  LeaderCallbacks callbacks;

  std::optional<LeaseRecord> seen{}; ///< the record as last read or written
  SteadyPoint seen_change{};         ///< when it last changed, as far as we saw
  bool leading = false;
  SteadyPoint leading_until{};
  async::TimerId deadline = 0;

  [[nodiscard]] SteadyPoint now() const { return executor.clock().steady_now(); }
  [[nodiscard]] bool is_leader() const { return leading && now() < leading_until; }

  async::Task<void> acquire(std::stop_token stop);
  async::Task<void> renew(std::stop_token stop);
  async::Task<bool> try_lead();
  async::Task<bool> write_record(SteadyPoint began);
  async::Task<void> release();
  void observe(LeaseRecord record);
  [[nodiscard]] bool held_by_another() const;
  void extend_leading(SteadyPoint renewed);
  void stop_leading();
};

LeaderElection::LeaderElection(Client& client, async::Executor& executor, Rng rng,
                               LeaderElectionOptions options, LeaderCallbacks callbacks)
    : impl_(std::make_unique<Impl>(
          Impl{client, executor, rng, std::move(options), std::move(callbacks)})) {
  const auto& given = impl_->options;
  ensure(given.lease_duration > given.renew_deadline && given.renew_deadline > given.retry_period,
         "lease_duration > renew_deadline > retry_period must hold");
  ensure(!given.identity.empty(), "leader election needs an identity");
}

LeaderElection::~LeaderElection() {
  impl_->executor.cancel(impl_->deadline);
}

bool LeaderElection::is_leader() const {
  return impl_->is_leader();
}

async::Task<void> LeaderElection::run(std::stop_token stop) {
  co_await async::switch_to(impl_->executor);
  co_await impl_->acquire(stop);
  if (!impl_->leading)
    co_return;
  if (impl_->callbacks.on_started_leading)
    impl_->callbacks.on_started_leading();
  co_await impl_->renew(stop);
  if (!impl_->leading)
    co_return;
  impl_->stop_leading();
  co_await impl_->release();
}

async::Task<void> LeaderElection::Impl::acquire(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const bool leads = co_await try_lead();
    if (leads)
      co_return;
    const auto period = static_cast<double>(options.retry_period.count());
    const Duration pause{
        static_cast<Duration::rep>(period * (1 + kRetryPeriodJitter * rng.unit()))};
    co_await async::sleep_for(executor, pause, stop);
  }
}

/// Ends with `leading` still set when a stop was requested, and unset when the lease is lost.
async::Task<void> LeaderElection::Impl::renew(std::stop_token stop) {
  while (leading) {
    const bool slept = co_await async::sleep_for(executor, options.retry_period, stop);
    if (!slept || !leading)
      co_return;
    const bool renewed = co_await try_lead();
    if (!renewed && leading && held_by_another())
      stop_leading();
  }
}

/// One attempt: reads the record where ours may be old, then writes it if we may.
async::Task<bool> LeaderElection::Impl::try_lead() {
  const SteadyPoint began = now();
  const bool was_leading = leading;
  if (leading && seen && seen->holder == options.identity) {
    const bool written = co_await write_record(began);
    if (written || !leading)
      co_return written;
  }
  auto text = co_await client.get(types::lease(), options.lease);
  // Who was told to stop meanwhile must not lead again unawares: nobody would be told to start.
  if (was_leading && !leading)
    co_return false;
  if (text) {
    auto record = decode_lease(*text);
    if (!record)
      co_return false;
    observe(std::move(*record));
    if (held_by_another())
      co_return false;
  } else if (text.error().code == Code::NotFound) {
    seen.reset();
  } else {
    co_return false;
  }
  co_return co_await write_record(began);
}

/// `began` is before the request was sent: whoever else reads the record sees it renewed later.
async::Task<bool> LeaderElection::Impl::write_record(SteadyPoint began) {
  const bool was_leading = leading;
  std::string body = held_lease_text(seen ? &*seen : nullptr, options.lease, options.identity,
                                     options.lease_duration, executor.clock().now());
  const WriteOptions plain;
  Result<std::string> text;
  if (seen)
    text = co_await client.update(types::lease(), options.lease, std::move(body), plain);
  else
    text = co_await client.create(types::lease(), options.lease.ns, std::move(body));
  if (!text)
    co_return false;
  auto record = decode_lease(*text);
  // The deadline may have passed while the request was under way: then it is lost, whatever came.
  if (!record || (was_leading && !leading) || now() >= began + options.renew_deadline)
    co_return false;
  observe(std::move(*record));
  extend_leading(began);
  co_return true;
}

async::Task<void> LeaderElection::Impl::release() {
  if (!seen || seen->holder != options.identity)
    co_return;
  std::string body = released_lease_text(*seen, executor.clock().now());
  const WriteOptions plain;
  // A failure needs no second try: the lease runs out by itself.
  auto text = co_await client.update(types::lease(), options.lease, std::move(body), plain);
  static_cast<void>(text);
}

void LeaderElection::Impl::observe(LeaseRecord record) {
  const bool other_holder = !seen || seen->holder != record.holder;
  if (!seen || record.renewed_since(*seen))
    seen_change = now();
  seen = std::move(record);
  if (other_holder && !seen->holder.empty() && callbacks.on_new_leader)
    callbacks.on_new_leader(seen->holder);
}

bool LeaderElection::Impl::held_by_another() const {
  if (!seen || seen->holder.empty() || seen->holder == options.identity)
    return false;
  return now() < seen_change + std::chrono::seconds{seen->duration_seconds};
}

void LeaderElection::Impl::extend_leading(SteadyPoint renewed) {
  leading = true;
  leading_until = renewed + options.renew_deadline;
  executor.cancel(deadline);
  const auto left = std::chrono::ceil<Duration>(leading_until - now());
  deadline = executor.post_after(left, [this] { stop_leading(); });
}

void LeaderElection::Impl::stop_leading() {
  executor.cancel(deadline);
  if (std::exchange(leading, false) && callbacks.on_stopped_leading)
    callbacks.on_stopped_leading();
}

} // namespace berth::kube
