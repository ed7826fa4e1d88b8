// Certificates: what is made says what was asked, and damaged texts are told from good ones.

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "lib/pki/certificate.hpp"
#include "tests/support/http/certificates.hpp"

namespace {

using namespace berth;
using namespace berth::pki;
using http::testing::Authority;
using namespace std::chrono_literals;

const TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29}};

Validity days(int from, int until) {
  return {kNow + std::chrono::days{from}, kNow + std::chrono::days{until}};
}

KeyPair authority() {
  auto made = make_authority("test-authority", days(0, 3650));
  REQUIRE(made);
  return *made;
}

CertificateRequest server(std::vector<std::string> names) {
  return {"server", std::move(names), Usage::Server, days(0, 90)};
}

} // namespace

TEST_CASE("An authority is one, and says how long") {
  const auto facts = facts_of(authority().certificate);
  REQUIRE(facts);
  CHECK(facts->is_authority);
  CHECK(facts->common_name == "test-authority");
  CHECK(facts->validity == days(0, 3650));
  CHECK(belong_together(authority()));
}

TEST_CASE("A leaf says for whom, for what and how long, and who signed it") {
  const KeyPair signer = authority();
  const auto leaf = issue(signer, server({"berth.example.svc", "berth.example"}));
  REQUIRE(leaf);
  const auto facts = facts_of(leaf->certificate);
  REQUIRE(facts);
  CHECK_FALSE(facts->is_authority);
  CHECK(facts->common_name == "server");
  CHECK(facts->dns_names == std::vector<std::string>{"berth.example.svc", "berth.example"});
  CHECK(facts->is_for_server);
  CHECK_FALSE(facts->is_for_client);
  CHECK(facts->validity == days(0, 90));
  CHECK(belong_together(*leaf));
  CHECK(is_signed_by(leaf->certificate, signer.certificate));
  CHECK_FALSE(is_signed_by(leaf->certificate, authority().certificate));
}

TEST_CASE("An authority vouches through the chain, in any order behind the leaf, and no further") {
  const Authority root("root");
  const Authority upper("upper", root);
  const Authority lower("lower", upper);
  const Authority stranger("stranger");
  const std::string leaf = lower.issue({}).cert_pem;
  CHECK(is_vouched_for(leaf + lower.cert_pem() + upper.cert_pem(), root.cert_pem()));
  CHECK(is_vouched_for(leaf + upper.cert_pem() + lower.cert_pem(), root.cert_pem()));
  CHECK(is_vouched_for(leaf, stranger.cert_pem() + lower.cert_pem()));
  CHECK_FALSE(is_vouched_for(leaf + upper.cert_pem(), root.cert_pem())); // a link is missing
  CHECK_FALSE(is_vouched_for(leaf + lower.cert_pem() + upper.cert_pem(), stranger.cert_pem()));
  CHECK_FALSE(is_vouched_for(stranger.issue({}).cert_pem + upper.cert_pem(), root.cert_pem()));
  CHECK_FALSE(is_vouched_for(root.cert_pem() + root.cert_pem(), stranger.cert_pem())); // ends
  CHECK_FALSE(is_vouched_for("", root.cert_pem()));
  CHECK_FALSE(is_vouched_for(leaf, ""));
}

TEST_CASE("A client's leaf serves nobody") {
  const auto leaf = issue(authority(), {"system:kube-scheduler", {}, Usage::Client, days(0, 90)});
  REQUIRE(leaf);
  const auto facts = facts_of(leaf->certificate);
  REQUIRE(facts);
  CHECK(facts->is_for_client);
  CHECK_FALSE(facts->is_for_server);
  CHECK(facts->dns_names.empty());
}

TEST_CASE("Two leaves share neither key nor serial number") {
  const KeyPair signer = authority();
  const auto one = issue(signer, server({"a"}));
  const auto other = issue(signer, server({"a"}));
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->key != other->key);
  CHECK(one->certificate != other->certificate);
  CHECK_FALSE(belong_together({one->certificate, other->key}));
}

TEST_CASE("What cannot be signed is refused by its name") {
  const KeyPair signer = authority();
  const auto says = [](const Result<KeyPair>& result, const std::string& text) {
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find(text) != std::string::npos);
  };
  says(issue(signer, server({"a,IP:10.0.0.1"})), "a,IP:10.0.0.1");
  says(issue(signer, server({""})), "DNS name");
  says(issue(signer, {"", {}, Usage::Client, days(0, 1)}), "common name");
  says(issue(signer, {std::string(65, 'a'), {}, Usage::Client, days(0, 1)}), "common name");
  says(issue(signer, {"a", {}, Usage::Client, days(1, 1)}), "valid for some time");
  says(issue({signer.certificate, authority().key}, server({"a"})), "authority");
  says(issue({"", ""}, server({"a"})), "authority");
}

TEST_CASE("Texts that are no certificates are told, and crash nothing") {
  const KeyPair good = authority();
  const auto damaged = GENERATE_COPY(
      std::string(), std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
      good.certificate.substr(0, good.certificate.size() / 2), good.key,
      std::string(kPemBytesMax + 1, 'x'));
  CHECK_FALSE(facts_of(damaged));
  CHECK_FALSE(belong_together({damaged, good.key}));
  CHECK_FALSE(is_signed_by(damaged, good.certificate));
  CHECK(split_bundle(damaged).empty());
}

TEST_CASE("A bundle is split into its certificates, and what is none is left out") {
  const std::string first = authority().certificate;
  const std::string second = authority().certificate;
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto parts = split_bundle("# a comment\n" + first + broken + second + "-----BEGIN CERT");
  CHECK(parts == std::vector<std::string>{first, second});
}
