#include "analyzer/options.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "berth-analyzer");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

} // namespace

TEST_CASE("without flags the analyzer measures every minute") {
  const CommandLine line = parse({});
  CHECK_FALSE(line.end.ends);
  CHECK(line.options.advisor.interval == 60s);
  CHECK(line.options.advisor.recommendation_validity == 15min);
  CHECK(line.options.advisor.recommendation_namespace == "berth-system");
  CHECK(line.options.leader_elect);
  CHECK_FALSE(line.options.advisor.acts);
  CHECK(parse({"--act=true"}).options.advisor.acts);
  CHECK(line.options.advisor.operator_lease == api::ObjectKey{"berth-system", "berth-operator"});
}

TEST_CASE("the operator's Lease is looked for where the analyzer's own is, or nowhere") {
  const auto lease = [](std::vector<const char*> arguments) {
    return parse(std::move(arguments)).options.advisor.operator_lease;
  };
  CHECK(lease({"--lease-namespace=here", "--operator-lease-name=op"}) ==
        api::ObjectKey{"here", "op"});
  CHECK(lease({"--operator-lease-name=none"}).name.empty());
  const std::string help = parse({"--help"}).end.text;
  CHECK(help.find("--leader-elect=false") != std::string::npos);
  CHECK(help.find("\"none\"") != std::string::npos);
}

TEST_CASE("the interval may be 10 seconds to an hour, and recommendations outlive six of them") {
  CHECK(parse({"--interval-seconds=10"}).options.advisor.interval == 10s);
  CHECK(parse({"--interval-seconds", "3600"}).options.advisor.recommendation_validity == 6h);
  for (const char* wrong : {"--interval-seconds=9", "--interval-seconds=3601",
                            "--interval-seconds=-1", "--interval-seconds=0"}) {
    CAPTURE(wrong);
    const CommandLine line = parse({wrong});
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == 2);
    CHECK(line.end.text == "berth-analyzer: --interval-seconds: must be 10 to 3600\n");
  }
}

TEST_CASE("anomalies are found by novelty, or by a z-score of 2.5 or what is asked for") {
  const AnomalyOptions anomalies = parse({}).options.advisor.anomalies;
  CHECK(anomalies.detector == AnomalyDetectorKind::Novelty);
  CHECK(anomalies.z_score_threshold == 2.5);
  const auto asked = parse({"--anomaly-detector=ZScore", "--z-score-threshold=4"});
  CHECK(asked.options.advisor.anomalies.detector == AnomalyDetectorKind::ZScore);
  CHECK(asked.options.advisor.anomalies.z_score_threshold == 4);
  for (const char* wrong :
       {"--z-score-threshold=0", "--z-score-threshold=101", "--z-score-threshold=nan"}) {
    CAPTURE(wrong);
    CHECK(parse({wrong}).end.text ==
          "berth-analyzer: --z-score-threshold: must be above 0, to 100\n");
  }
  const CommandLine unknown = parse({"--anomaly-detector=Guess"});
  CHECK(unknown.end.exit_code == 2);
  CHECK(unknown.end.text.find("--anomaly-detector") != std::string::npos);
}

TEST_CASE("external metrics are served where an address, a certificate and its key are given") {
  CHECK(parse({}).options.external_metrics.bind_address.empty());
  const char* address = "--external-metrics-bind-address=0.0.0.0:6443";
  const char* certificate = "--external-metrics-tls-cert-file=tls.crt";
  const char* key = "--external-metrics-tls-private-key-file=tls.key";
  const CommandLine line = parse({address, certificate, key});
  CHECK_FALSE(line.end.ends);
  CHECK(line.options.external_metrics.bind_address == "0.0.0.0:6443");
  CHECK(line.options.external_metrics.tls.certificate == "tls.crt");
  CHECK(line.options.external_metrics.tls.key == "tls.key");
  CHECK(line.options.external_metrics.tls.client_ca.empty());
  const std::vector<std::vector<const char*>> incomplete{
      {address, certificate},
      {address, key},
      {certificate, key},
      {"--external-metrics-bind-address=here", certificate, key}};
  for (const auto& wrong : incomplete) {
    const CommandLine refused = parse(wrong);
    CHECK(refused.end.exit_code == 2);
    CHECK(refused.end.text.find("--external-metrics-") != std::string::npos);
  }
}

TEST_CASE("a webhook is called by TLS only, with a secret, and only by an analyzer that acts") {
  const char* act = "--act=true";
  const char* url = "--pool-webhook-url=https://sizer.example.com/pools";
  const char* secret = "--pool-webhook-secret-file=secret";
  const char* authority = "--pool-webhook-ca-file=ca.crt";
  const CommandLine line = parse({act, url, secret, authority});
  CHECK_FALSE(line.end.ends);
  CHECK(line.options.pool_webhook_url == "https://sizer.example.com/pools");
  CHECK(line.options.pool_webhook_secret_file == "secret");
  CHECK(line.options.pool_webhook_ca_file == "ca.crt");
  const std::vector<std::vector<const char*>> wrong{
      {url, secret},
      {act, url},
      {act, secret},
      {act, authority},
      {act, "--pool-webhook-url=http://sizer.example.com/pools", secret}};
  for (const auto& arguments : wrong) {
    const CommandLine refused = parse(arguments);
    CHECK(refused.end.exit_code == 2);
    CHECK(refused.end.text.find("--pool-webhook-") != std::string::npos);
  }
}

TEST_CASE("a flag that is wrong ends with one line that names it") {
  for (const char* wrong : {"--interval-seconds=often", "--no-such-flag",
                            "--recommendation-namespace=", "--lease-name=", "--log-level=loud",
                            "--health-bind-address=here"}) {
    CAPTURE(wrong);
    const CommandLine line = parse({wrong});
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == 2);
    const std::string flag = std::string(wrong).substr(0, std::string(wrong).find('='));
    CHECK(line.end.text.find(flag) != std::string::npos);
    CHECK(std::count(line.end.text.begin(), line.end.text.end(), '\n') == 1);
  }
}

TEST_CASE("help is no mistake") {
  CHECK(parse({"--help"}).end.ends);
  CHECK(parse({"--help"}).end.exit_code == 0);
  CHECK(parse({"--help"}).end.text.find("--interval-seconds") != std::string::npos);
  CHECK(parse({"--help"}).end.text.find("backtest --help") != std::string::npos);
}

} // namespace berth::analyzer
