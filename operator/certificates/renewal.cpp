#include "operator/certificates/renewal.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace berth::op {
namespace {

constexpr const char* kAuthorityName = "berth-authority";
constexpr const char* kExtenderName = "berth-scheduler-extender";
constexpr const char* kAnalyzerName = "berth-analyzer";

/// One renewal in the making.
class Renewer {
public:
  Renewer(const CertificateStock& stock, TimePoint now)
      : now_(now), was_trusted_everywhere_(stock.trust_is_everywhere) {
    renewal_.stock = stock;
    renewal_.stock.trust_is_everywhere = true; // once it is written
  }

  Result<Renewal> run(const CertificateNames& names);

private:
  [[nodiscard]] Result<void> refuse_a_wrong_clock() const;
  Result<void> keep_authority();
  Result<void> keep_next(TimePoint authority_ends);
  void keep_trusted();
  Result<void> keep_leaf(pki::KeyPair& leaf, pki::CertificateRequest wanted, Duration lifetime);
  [[nodiscard]] std::string fault_of(const pki::KeyPair& leaf,
                                     const pki::CertificateRequest& wanted,
                                     Duration lifetime) const;
  [[nodiscard]] pki::Validity validity(Duration lifetime) const {
    return {now_ - kBackdating, now_ + lifetime};
  }
  void note(const std::string& what) { renewal_.changes.push_back(what); }
  void look_at(TimePoint time) { renewal_.next_look = std::min(renewal_.next_look, time); }

  TimePoint now_;
  bool was_trusted_everywhere_;
  Renewal renewal_;
};

/// The facts of an authority that can be used now; nothing if it cannot.
std::optional<pki::CertificateFacts> usable_authority(const pki::KeyPair& pair, TimePoint now) {
  const auto facts = pki::facts_of(pair.certificate);
  if (!facts || !facts->is_authority || !pki::belong_together(pair) || facts->validity.from > now ||
      facts->validity.until <= now)
    return std::nullopt;
  return *facts;
}

std::string days_left(TimePoint until, TimePoint now) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(until - now).count();
  return std::to_string(days) + " days are left";
}

} // namespace

Result<Renewal> renew(const CertificateStock& stock, const CertificateNames& names, TimePoint now) {
  return Renewer(stock, now).run(names);
}

namespace {

Result<Renewal> Renewer::run(const CertificateNames& names) {
  renewal_.next_look = now_ + kLookEvery;
  BERTH_CHECK(refuse_a_wrong_clock());
  BERTH_CHECK(keep_authority());
  keep_trusted();
  pki::CertificateRequest extender;
  extender.common_name = kExtenderName;
  extender.dns_names = names.extender_dns_names;
  BERTH_CHECK(keep_leaf(renewal_.stock.extender, std::move(extender), kExtenderLifetime));
  pki::CertificateRequest scheduler;
  scheduler.common_name = names.scheduler_common_name;
  scheduler.usage = pki::Usage::Client;
  BERTH_CHECK(keep_leaf(renewal_.stock.scheduler, std::move(scheduler), kSchedulerLifetime));
  if (renewal_.stock.analyzer) {
    pki::CertificateRequest analyzer;
    analyzer.common_name = kAnalyzerName;
    analyzer.dns_names = names.analyzer_dns_names;
    BERTH_CHECK(keep_leaf(*renewal_.stock.analyzer, std::move(analyzer), kAnalyzerLifetime));
  }
  return std::move(renewal_);
}

Result<void> Renewer::refuse_a_wrong_clock() const {
  const CertificateStock& stock = renewal_.stock;
  for (const pki::KeyPair& pair :
       {stock.authority, stock.next.value_or(pki::KeyPair{}), stock.extender, stock.scheduler,
        stock.analyzer.value_or(pki::KeyPair{})}) {
    const auto facts = pki::facts_of(pair.certificate);
    if (facts && facts->validity.from > now_)
      return fail(Code::Unavailable, "the certificate of " + facts->common_name +
                                         " is not valid yet: this clock, or that of who made it, "
                                         "is wrong");
  }
  return {};
}

Result<void> Renewer::keep_authority() {
  CertificateStock& stock = renewal_.stock;
  if (const auto facts = usable_authority(stock.authority, now_))
    return keep_next(facts->validity.until);
  if (stock.next && usable_authority(*stock.next, now_)) {
    note("authority: it cannot sign any more, and its successor does before it has settled");
    stock.authority = *std::exchange(stock.next, std::nullopt);
    return {};
  }
  BERTH_TRY(stock.authority, pki::make_authority(kAuthorityName, validity(kAuthorityLifetime)));
  stock.next.reset();
  note("authority: there was none that could sign");
  return {};
}

Result<void> Renewer::keep_next(TimePoint authority_ends) {
  CertificateStock& stock = renewal_.stock;
  const auto next = stock.next ? usable_authority(*stock.next, now_) : std::nullopt;
  if (authority_ends - now_ > kSuccessorBefore) {
    look_at(authority_ends - kSuccessorBefore);
    return {};
  }
  if (!next) {
    BERTH_TRY(stock.next, pki::make_authority(kAuthorityName, validity(kAuthorityLifetime)));
    note("authority: " + days_left(authority_ends, now_) +
         "; its successor is trusted from now on");
    look_at(now_ + kSettle);
    return {};
  }
  const TimePoint settled = next->validity.from + kBackdating + kSettle;
  if (now_ < settled) {
    look_at(settled);
    return {};
  }
  if (!was_trusted_everywhere_)
    return {}; // this look writes it down; the next one finds it so
  stock.authority = *std::exchange(stock.next, std::nullopt);
  note("authority: its successor has settled and signs from now on");
  return {};
}

/// Those that sign or will, and those of before while they last.
void Renewer::keep_trusted() {
  CertificateStock& stock = renewal_.stock;
  std::vector<std::string> trusted{pki::split_bundle(stock.authority.certificate)};
  if (stock.next)
    std::ranges::move(pki::split_bundle(stock.next->certificate), std::back_inserter(trusted));
  for (std::string& known : pki::split_bundle(stock.trusted)) {
    const auto facts = pki::facts_of(known);
    const bool lasts = facts && facts->is_authority && facts->validity.until > now_;
    if (lasts && trusted.size() < kTrustedMax && std::ranges::count(trusted, known) == 0)
      trusted.push_back(std::move(known));
  }
  std::string bundle;
  for (const std::string& certificate : trusted)
    bundle += certificate;
  if (bundle != stock.trusted) {
    stock.trusted = std::move(bundle);
    note("trust: " + std::to_string(trusted.size()) + " authorities");
  }
}

Result<void> Renewer::keep_leaf(pki::KeyPair& leaf, pki::CertificateRequest wanted,
                                Duration lifetime) {
  const std::string fault = fault_of(leaf, wanted, lifetime);
  if (!fault.empty()) {
    BERTH_TRY(const auto signer, pki::facts_of(renewal_.stock.authority.certificate));
    wanted.validity = validity(lifetime);
    wanted.validity.until = std::min(wanted.validity.until, signer.validity.until);
    BERTH_TRY(leaf, pki::issue(renewal_.stock.authority, wanted));
    note(wanted.common_name + ": " + fault);
  }
  BERTH_TRY(const auto facts, pki::facts_of(leaf.certificate));
  look_at(facts.validity.until - lifetime / 3);
  return {};
}

/// Why the leaf is to be replaced; empty if it is good.
std::string Renewer::fault_of(const pki::KeyPair& leaf, const pki::CertificateRequest& wanted,
                              Duration lifetime) const {
  if (leaf.certificate.empty() || leaf.key.empty())
    return "there is none";
  const auto facts = pki::facts_of(leaf.certificate);
  if (!facts)
    return "its certificate " + facts.error().message;
  if (!pki::belong_together(leaf))
    return "its key is not its certificate's";
  const auto trusted = pki::split_bundle(renewal_.stock.trusted);
  if (std::ranges::none_of(trusted, [&](const std::string& authority) {
        return pki::is_signed_by(leaf.certificate, authority);
      }))
    return "nobody trusts who signed it";
  const bool has_usage =
      wanted.usage == pki::Usage::Server ? facts->is_for_server : facts->is_for_client;
  if (!has_usage || facts->common_name != wanted.common_name ||
      facts->dns_names != wanted.dns_names)
    return "it names something else";
  if (facts->validity.until - now_ <= lifetime / 3)
    return days_left(facts->validity.until, now_);
  return {};
}

} // namespace

} // namespace berth::op
