#include "operator/certificates/certificate_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/kube/resource_types.hpp"
#include "operator/certificates/webhook_trust.hpp"

namespace berth::op {

async::Task<void> CertificateKeeper::run(std::stop_token stop) {
  for (;;) {
    const Result<TimePoint> next = co_await look();
    if (!next)
      parts_.log.warn("Failed to keep the certificates", next.error());
    const TimePoint now = parts_.executor.clock().now();
    const Duration pause =
        next ? std::max<Duration>(*next - now, kCertificateRetry) : kCertificateRetry;
    const bool due = co_await async::sleep_for(parts_.executor, pause, stop);
    if (!due)
      co_return;
  }
}

async::Task<Result<TimePoint>> CertificateKeeper::look() {
  const Target of_authority{kAuthoritySecret, authority_};
  const Target of_extender{kExtenderSecret, extender_};
  const Target of_scheduler{kSchedulerSecret, scheduler_};
  const auto authority = co_await read(of_authority);
  const auto extender = co_await read(of_extender);
  const auto scheduler = co_await read(of_scheduler);
  for (const auto* secret : {&authority, &extender, &scheduler})
    if (!*secret)
      co_return tl::unexpected(secret->error());
  const StockSecrets known{authority->data, extender->data, scheduler->data};
  const auto renewal = renew(read_stock(known), options_.names, parts_.executor.clock().now());
  if (!renewal) {
    authority_.reloads(telemetry::Outcome::Error).add();
    co_return tl::unexpected(renewal.error());
  }
  const StockSecrets wanted = write_stock(renewal->stock);
  // In this order: a crash in between leaves a signer that is written down.
  auto written = co_await write(of_authority, *authority, wanted.authority);
  if (written)
    written = co_await write(of_extender, *extender, wanted.extender);
  if (written)
    written = co_await write(of_scheduler, *scheduler, wanted.scheduler);
  if (!written)
    co_return tl::unexpected(written.error());
  const auto trusted = co_await write_trust(renewal->stock.trusted);
  if (!trusted)
    co_return tl::unexpected(trusted.error());
  for (const std::string& change : renewal->changes)
    parts_.log.info("Renewed certificates", {{"change", change}});
  co_return renewal->next_look;
}

async::Task<Result<SecretObject>> CertificateKeeper::read(Target target) {
  kube::ObjectKey key{options_.ns, std::string(target.secret)};
  auto body = co_await parts_.client.get(kube::types::secret(), key);
  Result<SecretObject> secret = body ? decode_secret(*body) : tl::unexpected(body.error());
  if (!secret && secret.error().code == Code::NotFound)
    secret = fail(Code::NotFound, "Secret " + to_string(key) +
                                      " is missing: create it empty (kubectl create secret "
                                      "generic), and it will be filled");
  if (secret)
    measure(target, secret->data);
  else
    target.metrics.reloads(telemetry::Outcome::Error).add();
  co_return secret;
}

async::Task<Result<void>> CertificateKeeper::write(Target target, SecretObject known,
                                                   SecretData wanted) {
  if (known.data == wanted)
    co_return Result<void>();
  if (!parts_.leads())
    co_return fail(Code::Unavailable, "another replica leads by now");
  kube::ObjectKey key{options_.ns, std::string(target.secret)};
  std::string patch = patch_of(known, wanted);
  kube::WriteOptions options;
  auto done = co_await parts_.client.patch(kube::types::secret(), key, kube::PatchType::Merge,
                                           std::move(patch), options);
  target.metrics.reloads(done ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (!done)
    co_return tl::unexpected(done.error());
  measure(target, wanted);
  parts_.failpoints.pass(Failpoint::AfterCertificateWrite);
  co_return Result<void>();
}

async::Task<Result<void>> CertificateKeeper::write_trust(std::string bundle) {
  if (options_.webhook.empty())
    co_return Result<void>();
  const kube::ObjectKey key{"", options_.webhook};
  const auto body = co_await parts_.client.get(kube::types::mutating_webhook_configuration(), key);
  Result<std::optional<std::string>> patch =
      body ? trust_patch(*body, bundle) : tl::unexpected(body.error());
  if (patch && *patch && !parts_.leads())
    patch = fail(Code::Unavailable, "another replica leads by now");
  Result<void> done;
  if (!patch)
    done = tl::unexpected(patch.error());
  else if (*patch) {
    kube::WriteOptions options;
    std::string text = **patch;
    const auto written =
        co_await parts_.client.patch(kube::types::mutating_webhook_configuration(), key,
                                     kube::PatchType::Json, std::move(text), options);
    if (!written)
      done = tl::unexpected(written.error());
    else
      parts_.log.info("Renewed what the webhook trusts", {{"webhook", options_.webhook}});
  }
  if (!done) {
    authority_.reloads(telemetry::Outcome::Error).add();
    done = fail(done.error().while_doing("keep the webhook " + options_.webhook));
  }
  co_return done;
}

void CertificateKeeper::measure(Target target, const SecretData& data) {
  const auto text = data.find("tls.crt");
  if (text == data.end())
    return;
  if (const auto facts = pki::facts_of(text->second)) {
    const std::chrono::duration<double> until = facts->validity.until.time_since_epoch();
    target.metrics.expiration_timestamp_seconds.set(until.count());
  }
}

} // namespace berth::op
