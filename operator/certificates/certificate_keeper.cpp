#include "operator/certificates/certificate_keeper.hpp"

#include <algorithm>
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
  SecretsAsRead secrets;
  BERTH_CO_TRY(secrets.authority, co_await read(of_authority));
  BERTH_CO_TRY(secrets.extender, co_await read(of_extender));
  BERTH_CO_TRY(secrets.scheduler, co_await read(of_scheduler));
  auto of_analyzer = co_await read_analyzer();
  if (of_analyzer)
    secrets.analyzer = std::move(*of_analyzer);
  StockSecrets known{secrets.authority.data, secrets.extender.data, secrets.scheduler.data, {}};
  if (secrets.analyzer)
    known.analyzer = secrets.analyzer->data;
  const auto renewal = renew(read_stock(known), options_.names, parts_.executor.clock().now());
  if (!renewal) {
    authority_.reloads(telemetry::Outcome::Error).add();
    co_return tl::unexpected(renewal.error());
  }
  BERTH_CO_CHECK(co_await write_all(std::move(secrets), write_stock(renewal->stock)));
  const Caller gate{kube::types::mutating_webhook_configuration(), options_.webhook, trust_patch};
  const Caller aggregator{kube::types::api_service(), options_.api_service,
                          api_service_trust_patch};
  const auto gate_trusts = co_await write_trust(gate, renewal->stock.trusted);
  const auto aggregator_trusts = co_await write_trust(aggregator, renewal->stock.trusted);
  for (const std::string& change : renewal->changes)
    parts_.log.info("Renewed certificates", {{"change", change}});
  for (const auto* trusted : {&gate_trusts, &aggregator_trusts})
    if (!*trusted)
      co_return tl::unexpected(trusted->error());
  if (!of_analyzer)
    co_return tl::unexpected(of_analyzer.error());
  co_return renewal->next_look;
}

async::Task<Result<std::optional<SecretObject>>> CertificateKeeper::read_analyzer() {
  if (!analyzer_)
    co_return std::optional<SecretObject>();
  const Target of_analyzer{kAnalyzerSecret, *analyzer_};
  BERTH_CO_TRY(SecretObject secret, co_await read(of_analyzer));
  co_return std::optional<SecretObject>(std::move(secret));
}

/// In this order: a crash in between leaves a signer that is written down.
async::Task<Result<void>> CertificateKeeper::write_all(SecretsAsRead known, StockSecrets wanted) {
  const Target of_authority{kAuthoritySecret, authority_};
  const Target of_extender{kExtenderSecret, extender_};
  const Target of_scheduler{kSchedulerSecret, scheduler_};
  BERTH_CO_CHECK(co_await write(of_authority, known.authority, wanted.authority));
  BERTH_CO_CHECK(co_await write(of_extender, known.extender, wanted.extender));
  BERTH_CO_CHECK(co_await write(of_scheduler, known.scheduler, wanted.scheduler));
  if (known.analyzer && wanted.analyzer) {
    const Target of_analyzer{kAnalyzerSecret, *analyzer_};
    BERTH_CO_CHECK(co_await write(of_analyzer, *known.analyzer, *wanted.analyzer));
  }
  co_return Result<void>();
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

async::Task<Result<void>> CertificateKeeper::write_trust(Caller caller, std::string bundle) {
  if (caller.name.empty())
    co_return Result<void>();
  const kube::ObjectKey key{"", caller.name};
  const auto body = co_await parts_.client.get(caller.type, key);
  Result<std::optional<std::string>> patch =
      body ? caller.patch(*body, bundle) : tl::unexpected(body.error());
  if (patch && *patch && !parts_.leads())
    patch = fail(Code::Unavailable, "another replica leads by now");
  Result<void> done;
  if (!patch) {
    done = tl::unexpected(patch.error());
  } else if (*patch) {
    kube::WriteOptions options;
    std::string text = **patch;
    const auto written = co_await parts_.client.patch(caller.type, key, kube::PatchType::Json,
                                                      std::move(text), options);
    if (!written)
      done = tl::unexpected(written.error());
    else
      parts_.log.info("Renewed whom the API server trusts",
                      {{"kind", caller.type.kind}, {"name", caller.name}});
  }
  if (!done) {
    authority_.reloads(telemetry::Outcome::Error).add();
    done =
        fail(done.error().while_doing("keep the trust of " + caller.type.kind + ' ' + caller.name));
  }
  co_return done;
}

void CertificateKeeper::measure(Target target, const SecretData& data) {
  const auto text = data.find("tls.crt");
  if (text == data.end())
    return;
  if (const auto facts = pki::facts_of(text->second))
    target.metrics.set_expiration(facts->validity.until);
}

} // namespace berth::op
