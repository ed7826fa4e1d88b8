#include "operator/certificates/secrets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/kube/base64.hpp"

namespace berth::op {
namespace {

constexpr std::string_view kCertificate = "tls.crt";
constexpr std::string_view kKey = "tls.key";
constexpr std::string_view kNextCertificate = "next.crt";
constexpr std::string_view kNextKey = "next.key";
constexpr std::string_view kTrusted = "ca.crt";

std::string text_at(const SecretData& data, std::string_view key) {
  const auto at = data.find(key);
  return at == data.end() ? std::string() : at->second;
}

pki::KeyPair pair_in(const SecretData& data) {
  return {text_at(data, kCertificate), text_at(data, kKey)};
}

std::vector<const SecretData*> all_of(const StockSecrets& secrets) {
  std::vector<const SecretData*> all{&secrets.authority, &secrets.extender, &secrets.scheduler};
  if (secrets.analyzer)
    all.push_back(&*secrets.analyzer);
  return all;
}

/// Each Secret says who is trusted, so that one which is lost takes nobody's trust with it.
std::string trust_in(const StockSecrets& secrets) {
  std::vector<std::string> known;
  std::string bundle;
  for (const SecretData* data : all_of(secrets))
    for (std::string& certificate : pki::split_bundle(text_at(*data, kTrusted)))
      if (std::ranges::find(known, certificate) == known.end()) {
        bundle += certificate;
        known.push_back(std::move(certificate));
      }
  return bundle;
}

bool holds_all(const std::string& bundle, const std::string& wanted) {
  const auto held = pki::split_bundle(bundle);
  return std::ranges::all_of(pki::split_bundle(wanted), [&](const std::string& certificate) {
    return std::ranges::find(held, certificate) != held.end();
  });
}

SecretData data_of(const pki::KeyPair& pair, const std::string& trusted) {
  return {{std::string(kCertificate), pair.certificate},
          {std::string(kKey), pair.key},
          {std::string(kTrusted), trusted}};
}

} // namespace

Result<SecretObject> decode_secret(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("metadata") || !json["metadata"].is_object())
    return fail(Code::Invalid, "is no Secret");
  SecretObject secret;
  secret.resource_version = json["metadata"].value("resourceVersion", "");
  const auto data = json.find("data");
  if (data == json.end() || !data->is_object())
    return secret;
  for (const auto& [key, value] : data->items())
    if (auto bytes = value.is_string() ? kube::decode_base64(value.get_ref<const std::string&>())
                                       : fail(Code::Invalid, "is no text"))
      secret.data.emplace(key, std::move(*bytes));
  return secret;
}

std::string patch_of(const SecretObject& known, const SecretData& wanted) {
  auto data = nlohmann::json::object();
  for (const auto& [key, value] : known.data)
    if (!wanted.contains(key))
      data[key] = nullptr;
  for (const auto& [key, value] : wanted)
    data[key] = kube::encode_base64(value);
  const nlohmann::json patch{{"metadata", {{"resourceVersion", known.resource_version}}},
                             {"data", std::move(data)}};
  return patch.dump();
}

CertificateStock read_stock(const StockSecrets& secrets) {
  CertificateStock stock;
  stock.authority = pair_in(secrets.authority);
  if (secrets.authority.contains(kNextCertificate))
    stock.next = pki::KeyPair{text_at(secrets.authority, kNextCertificate),
                              text_at(secrets.authority, kNextKey)};
  stock.trusted = trust_in(secrets);
  for (const SecretData* data : all_of(secrets))
    if (!holds_all(text_at(*data, kTrusted), stock.trusted))
      stock.trust_is_everywhere = false;
  stock.extender = pair_in(secrets.extender);
  stock.scheduler = pair_in(secrets.scheduler);
  if (secrets.analyzer)
    stock.analyzer = pair_in(*secrets.analyzer);
  return stock;
}

StockSecrets write_stock(const CertificateStock& stock) {
  StockSecrets secrets{data_of(stock.authority, stock.trusted),
                       data_of(stock.extender, stock.trusted),
                       data_of(stock.scheduler, stock.trusted),
                       {}};
  if (stock.analyzer)
    secrets.analyzer = data_of(*stock.analyzer, stock.trusted);
  if (stock.next) {
    secrets.authority[std::string(kNextCertificate)] = stock.next->certificate;
    secrets.authority[std::string(kNextKey)] = stock.next->key;
  }
  return secrets;
}

} // namespace berth::op
