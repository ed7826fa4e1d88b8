#include <catch2/catch.hpp>

#include "scheduler-extender/options.hpp"

using namespace berth::extender;

namespace {

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "berth-scheduler-extender");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

const std::vector<const char*> kTls{"--tls-cert-file=c.pem", "--tls-private-key-file=k.pem",
                                    "--client-ca-file=ca.pem"};

std::vector<const char*> with_tls(std::vector<const char*> words) {
  words.insert(words.end(), kTls.begin(), kTls.end());
  return words;
}

} // namespace

TEST_CASE("with certificates the extender starts, and every flag arrives") {
  const CommandLine line = parse(
      with_tls({"--kubeconfig=kc", "--context=ctx", "--bind-address=0.0.0.0:9443",
                "--health-bind-address=[::1]:9081", "--allowed-client-names=a,b",
                "--path-prefix=/scheduler", "--threads=4", "--candidates=8", "--kube-api-qps=50",
                "--kube-api-burst=100", "--bind-timeout-milliseconds=400",
                "--shutdown-delay-milliseconds=5000", "--log-level=debug"}));
  INFO(line.end.text);
  REQUIRE_FALSE(line.end.ends);
  const ExtenderOptions& options = line.options;
  CHECK(options.common.kubeconfig == "kc");
  CHECK(options.common.context == "ctx");
  CHECK(options.bind_address == "0.0.0.0:9443");
  CHECK(options.common.health_bind_address == "[::1]:9081");
  CHECK(options.path_prefix == "/scheduler");
  CHECK(options.threads == 4);
  CHECK(options.candidates == 8);
  CHECK(options.common.api_qps == 50);
  CHECK(options.common.api_burst == 100);
  CHECK(options.bind_timeout == std::chrono::milliseconds{400});
  CHECK(options.shutdown_delay == std::chrono::seconds{5});
  CHECK(options.common.log_level == "debug");
  CHECK(options.tls_cert_file == "c.pem");
  CHECK(options.tls_private_key_file == "k.pem");
  CHECK(options.client_ca_file == "ca.pem");
  CHECK(options.client_names == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(options.insecure);
}

TEST_CASE("the gate's webhook needs a certificate, and a scheduler's name needs the webhook") {
  const CommandLine line =
      parse(with_tls({"--gate-bind-address=0.0.0.0:9443", "--gate-scheduler-name=berth"}));
  INFO(line.end.text);
  REQUIRE_FALSE(line.end.ends);
  CHECK(line.options.gate_bind_address == "0.0.0.0:9443");
  CHECK(line.options.gate_scheduler_name == "berth");
  CHECK_THAT(parse({"--insecure", "--gate-bind-address=0.0.0.0:9443"}).end.text,
             Catch::Contains("--gate-bind-address: needs --tls-cert-file"));
  CHECK_THAT(parse(with_tls({"--gate-bind-address=nowhere"})).end.text,
             Catch::Contains("--gate-bind-address: "));
  CHECK_THAT(parse(with_tls({"--gate-scheduler-name=berth"})).end.text,
             Catch::Contains("--gate-scheduler-name: needs --gate-bind-address"));
}

TEST_CASE("without a CA for its callers the extender does not start, unless told to") {
  const CommandLine refused = parse({"--tls-cert-file=c", "--tls-private-key-file=k"});
  CHECK(refused.end.ends);
  CHECK(refused.end.exit_code == 2);
  CHECK(refused.end.text ==
        "berth-scheduler-extender: --client-ca-file: name the CA of kube-scheduler's "
        "client certificate; or let everybody in with --insecure\n");
  CHECK_FALSE(parse({"--tls-cert-file=c", "--tls-private-key-file=k", "--insecure"}).end.ends);
  CHECK_FALSE(parse({"--insecure"}).end.ends);
}

TEST_CASE("each flag that makes no sense gets one line that names it") {
  struct Row {
    const char* flag;
    const char* named;
  };
  const auto row =
      GENERATE(values<Row>({{"--bind-address=nowhere", "--bind-address: must be HOST:PORT"},
                            {"--health-bind-address=::1:80", "--health-bind-address: "},
                            {"--threads=0", "--threads: "},
                            {"--threads=65", "--threads: "},
                            {"--candidates=0", "--candidates: "},
                            {"--candidates=17", "--candidates: "},
                            {"--kube-api-qps=0", "--kube-api-qps: "},
                            {"--kube-api-burst=0", "--kube-api-burst: "},
                            {"--path-prefix=scheduler", "--path-prefix: "},
                            {"--path-prefix=/scheduler/", "--path-prefix: "},
                            {"--bind-timeout-milliseconds=0", "--bind-timeout-"},
                            {"--shutdown-delay-milliseconds=-1", "--shutdown-delay-"},
                            {"--log-level=loud", "--log-level: "}}));
  const CommandLine line = parse(with_tls({row.flag}));
  CHECK(line.end.ends);
  CHECK(line.end.exit_code == 2);
  CHECK(line.end.text.find(std::string("berth-scheduler-extender: ") + row.named) == 0);
  CHECK(std::count(line.end.text.begin(), line.end.text.end(), '\n') == 1);
}

TEST_CASE("several bad flags are all named at once") {
  const CommandLine line = parse({"--threads=0", "--log-level=loud"});
  CHECK(line.end.exit_code == 2);
  CHECK(std::count(line.end.text.begin(), line.end.text.end(), '\n') == 4);
}

TEST_CASE("an unknown flag, or one without its value, ends with 2 and one line") {
  const auto* flag = GENERATE("--nonsense", "--threads=many", "--kubeconfig");
  const CommandLine line = parse({flag});
  CHECK(line.end.ends);
  CHECK(line.end.exit_code == 2);
  CHECK(std::count(line.end.text.begin(), line.end.text.end(), '\n') == 1);
}

TEST_CASE("half a key pair is named as such") {
  const CommandLine line = parse({"--tls-cert-file=c", "--client-ca-file=ca"});
  CHECK(line.end.text ==
        "berth-scheduler-extender: --tls-cert-file, --tls-private-key-file: give both or "
        "neither\n");
}

TEST_CASE("a CA for callers without TLS is refused, for it would check nobody") {
  const CommandLine line = parse({"--insecure", "--client-ca-file=ca"});
  CHECK(line.end.exit_code == 2);
  CHECK(line.end.text.find("--client-ca-file: needs --tls-cert-file") != std::string::npos);
}

TEST_CASE("help and version end well") {
  CHECK(parse({"--help"}).end.exit_code == 0);
  CHECK(parse({"--help"}).end.text.find("--client-ca-file") != std::string::npos);
  CHECK(parse({"--version"}).end.text == "berth-scheduler-extender " BERTH_VERSION "\n");
}
