// Berth's own certificates over years of simulated time: always valid, always trusted in time.

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include <catch2/catch.hpp>

#include "operator/certificates/renewal.hpp"
#include "operator/certificates/secrets.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

const TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
const CertificateNames kNames{
    {"extender.berth.svc", "extender.berth"}, "system:kube-scheduler", {"analyzer.berth.svc"}};

Renewal renewed(const CertificateStock& stock, TimePoint now) {
  auto renewal = renew(stock, kNames, now);
  REQUIRE(renewal);
  return std::move(*renewal);
}

bool trusts(const std::string& bundle, const pki::KeyPair& leaf) {
  const auto trusted = pki::split_bundle(bundle);
  return std::ranges::any_of(trusted, [&](const std::string& authority) {
    return pki::is_signed_by(leaf.certificate, authority);
  });
}

bool is_valid(const pki::KeyPair& pair, TimePoint now) {
  const auto facts = pki::facts_of(pair.certificate);
  return facts && facts->validity.from <= now && now < facts->validity.until &&
         pki::belong_together(pair);
}

} // namespace

TEST_CASE("From nothing there are an authority and two leaves that it signed") {
  const CertificateStock stock = renewed({}, kStart).stock;
  CHECK(is_valid(stock.authority, kStart));
  CHECK(is_valid(stock.extender, kStart));
  CHECK(is_valid(stock.scheduler, kStart));
  CHECK(trusts(stock.trusted, stock.extender));
  CHECK(trusts(stock.trusted, stock.scheduler));
  CHECK(pki::facts_of(stock.extender.certificate)->dns_names == kNames.extender_dns_names);
  CHECK(pki::facts_of(stock.scheduler.certificate)->common_name == "system:kube-scheduler");
}

TEST_CASE("The analyzer has a leaf where it serves, renewed like the others, and else none") {
  CHECK_FALSE(renewed({}, kStart).stock.analyzer);
  CertificateStock serving;
  serving.analyzer.emplace();
  const CertificateStock stock = renewed(serving, kStart).stock;
  REQUIRE(stock.analyzer);
  CHECK(is_valid(*stock.analyzer, kStart));
  CHECK(trusts(stock.trusted, *stock.analyzer));
  CHECK(pki::facts_of(stock.analyzer->certificate)->dns_names == kNames.analyzer_dns_names);
  CHECK(read_stock(write_stock(stock)) == stock);
  const TimePoint due = kStart + kAnalyzerLifetime * 2 / 3;
  CHECK(renewed(stock, due - 1s).stock.analyzer == stock.analyzer);
  CHECK(renewed(stock, due).stock.analyzer != stock.analyzer);
}

TEST_CASE("A stock that is good stays as it is, and nothing is said") {
  const CertificateStock stock = renewed({}, kStart).stock;
  const Renewal again = renewed(stock, kStart + 24h);
  CHECK(again.stock == stock);
  CHECK(again.changes.empty());
  CHECK(again.next_look == kStart + 24h + kLookEvery);
}

TEST_CASE("A leaf is renewed when a third of its time is left, and the other stays") {
  CertificateStock stock = renewed({}, kStart).stock;
  const TimePoint due = kStart + kExtenderLifetime * 2 / 3;
  const Renewal before = renewed(stock, due - 1s);
  CHECK(before.stock == stock);
  CHECK(before.next_look == due);
  stock.scheduler = renewed({}, kStart).stock.scheduler; // signed by a stranger
  const Renewal after = renewed(stock, due);
  CHECK(after.stock.extender != stock.extender);
  CHECK(after.stock.authority == stock.authority);
  CHECK(after.changes.size() == 2);
}

TEST_CASE("What is damaged is made again, and what stands is kept") {
  const CertificateStock good = renewed({}, kStart).stock;
  const auto damage = GENERATE(
      as<void (*)(CertificateStock&)>{}, [](CertificateStock& stock) { stock.extender.key = ""; },
      [](CertificateStock& stock) { stock.extender.certificate = "x"; },
      [](CertificateStock& stock) { stock.extender.key = stock.scheduler.key; },
      [](CertificateStock& stock) { stock.extender = stock.scheduler; });
  CertificateStock stock = good;
  damage(stock);
  const Renewal renewal = renewed(stock, kStart + 1h);
  CHECK(is_valid(renewal.stock.extender, kStart + 1h));
  CHECK(trusts(good.trusted, renewal.stock.extender));
  CHECK(renewal.stock.authority == good.authority);
  CHECK(renewal.stock.scheduler == good.scheduler);
  CHECK(renewal.changes.size() == 1);
}

TEST_CASE("Without a private key of the authority all is new, and the old one stays trusted") {
  const CertificateStock good = renewed({}, kStart).stock;
  CertificateStock stock = good;
  stock.authority.key = "";
  const CertificateStock after = renewed(stock, kStart + 1h).stock;
  CHECK(after.authority != good.authority);
  CHECK(after.extender == good.extender);
  CHECK(trusts(after.trusted, good.extender));
}

TEST_CASE("Who deletes the authority with its trust replaces everything") {
  CertificateStock stock = renewed({}, kStart).stock;
  const CertificateStock before = stock;
  stock.authority = {};
  stock.trusted.clear();
  const CertificateStock after = renewed(stock, kStart + 1h).stock;
  CHECK_FALSE(trusts(after.trusted, before.extender));
  CHECK(trusts(after.trusted, after.extender));
  CHECK(trusts(after.trusted, after.scheduler));
}

TEST_CASE("Over twelve years every leaf is valid, and trusted by who read the trust a year ago") {
  CertificateStock stock = renewed({}, kStart).stock;
  std::deque<std::string> trusts_of_a_year{stock.trusted};
  std::size_t renewals = 0;
  std::size_t authorities = 1;
  constexpr Duration kStep = 15 * 24h;
  for (TimePoint now = kStart + kStep; now < kStart + 12 * 365 * 24h; now += kStep) {
    CAPTURE((now - kStart) / 24h);
    const std::string signer = stock.authority.certificate;
    const Renewal renewal = renewed(stock, now);
    renewals += renewal.changes.size();
    authorities += renewal.stock.authority.certificate != signer ? 1 : 0;
    stock = renewal.stock;
    REQUIRE(is_valid(stock.authority, now + kStep));
    REQUIRE(is_valid(stock.extender, now + kStep));
    REQUIRE(is_valid(stock.scheduler, now + kStep));
    REQUIRE(trusts(trusts_of_a_year.front(), stock.extender));
    REQUIRE(trusts(trusts_of_a_year.front(), stock.scheduler));
    trusts_of_a_year.push_back(stock.trusted);
    if (trusts_of_a_year.size() * kStep >= kSettle)
      trusts_of_a_year.pop_front();
    REQUIRE(pki::split_bundle(stock.trusted).size() <= 3);
  }
  CHECK(authorities == 4);
  CHECK(renewals < 120);
}

TEST_CASE("A clock that is behind who made the certificates throws nothing away") {
  const CertificateStock stock = renewed({}, kStart).stock;
  const auto early = renew(stock, kNames, kStart - 24h);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == Code::Unavailable);
  CHECK(early.error().message.find("not valid yet") != std::string::npos);
}

TEST_CASE("Losing the authority's Secret alone takes nobody's trust") {
  const CertificateStock before = renewed({}, kStart).stock;
  StockSecrets secrets = write_stock(before);
  secrets.authority.clear();
  const CertificateStock after = renewed(read_stock(secrets), kStart + 1h).stock;
  CHECK(after.authority != before.authority);
  CHECK(after.extender == before.extender);
  CHECK(after.scheduler == before.scheduler);
  CHECK(trusts(after.trusted, before.extender));
}

TEST_CASE("No leaf outlives who signed it") {
  CertificateStock stock = renewed({}, kStart).stock;
  stock.extender = {};
  stock.scheduler = {};
  const TimePoint late = kStart + kAuthorityLifetime - 24h;
  stock = renewed(stock, late).stock;
  const auto authority = pki::facts_of(stock.authority.certificate);
  CHECK(pki::facts_of(stock.extender.certificate)->validity.until <= authority->validity.until);
  CHECK(pki::facts_of(stock.scheduler.certificate)->validity.until <= authority->validity.until);
}

TEST_CASE("An authority whose end was slept through is succeeded at once") {
  const CertificateStock stock = renewed({}, kStart).stock;
  const TimePoint late = kStart + kAuthorityLifetime + 24h;
  const CertificateStock after = renewed(stock, late).stock;
  CHECK(is_valid(after.authority, late));
  CHECK(is_valid(after.extender, late));
  CHECK(trusts(after.trusted, after.extender));
  CHECK(pki::split_bundle(after.trusted).size() == 1);
}

TEST_CASE("A settled successor does not sign before each Secret says that it is trusted") {
  const CertificateStock first = renewed({}, kStart).stock;
  const TimePoint made = kStart + kAuthorityLifetime - kSuccessorBefore;
  const CertificateStock waiting = renewed(first, made).stock;
  REQUIRE(waiting.next);
  const TimePoint settled = made + kSettle + 24h;
  StockSecrets secrets = write_stock(waiting);
  // Somebody put back an older copy of what kube-scheduler is given.
  secrets.scheduler["ca.crt"] = first.trusted;
  const CertificateStock found = read_stock(secrets);
  CHECK_FALSE(found.trust_is_everywhere);
  const CertificateStock told = renewed(found, settled).stock;
  CHECK(told.authority == waiting.authority);
  CHECK(told.next == waiting.next);
  CHECK(write_stock(told).scheduler.at("ca.crt") == waiting.trusted);
  const CertificateStock after = renewed(read_stock(write_stock(told)), settled + kLookEvery).stock;
  CHECK(after.authority == *waiting.next);
  CHECK_FALSE(after.next);
}

TEST_CASE("Secrets hold the stock and give it back") {
  CertificateStock stock = renewed({}, kStart).stock;
  stock.next = stock.authority;
  CHECK(read_stock(write_stock(stock)) == stock);
  stock.next.reset();
  CHECK(read_stock(write_stock(stock)) == stock);
  CHECK(read_stock({}) == CertificateStock{});
}

TEST_CASE("A Secret's text is read with limits: what is no base64 counts as missing") {
  const auto read = decode_secret(
      R"({"metadata": {"resourceVersion": "7"}, "data": {"a": "aGk=", "b": "%", "c": 1}})");
  REQUIRE(read);
  CHECK(read->resource_version == "7");
  CHECK(read->data == SecretData{{"a", "hi"}});
  CHECK(decode_secret(R"({"metadata": {}})")->data.empty());
  CHECK_FALSE(decode_secret("[]"));
  CHECK_FALSE(decode_secret("{"));
  CHECK_FALSE(decode_secret(R"({"metadata": 3})"));
}

TEST_CASE("A patch of a Secret names the version that was read and drops keys that are no more") {
  const std::string patch = patch_of({"7", {{"old", "x"}, {"same", "y"}}}, {{"same", "hi"}});
  CHECK(patch == R"({"data":{"old":null,"same":"aGk="},"metadata":{"resourceVersion":"7"}})");
}
