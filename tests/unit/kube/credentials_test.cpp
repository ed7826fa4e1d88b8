#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "lib/api/json.hpp"
#include "lib/kube/child_process.hpp"
#include "lib/kube/exec_plugin.hpp"
#include "lib/kube/token_source.hpp"
#include "tests/support/http/client_thread.hpp"
#include "tests/unit/kube/scripted_transport.hpp"
#include "tests/unit/kube/temporary_folder.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

namespace {

const std::string kV1 = "client.authentication.k8s.io/v1";

std::string credential_text(const std::string& status, const std::string& version = kV1) {
  return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","status":)" + status + "}";
}

ChildProcess shell(const std::string& script) {
  ChildProcess child;
  child.command = "sh";
  child.args = {"-c", script};
  return child;
}

} // namespace

TEST_CASE("A token file is read again each minute and its space is cut off (F18)") {
  TemporaryFolder folder;
  async::SimulatedExecutor executor{TimePoint{}};
  FileTokenSource source(folder.write("token", " one\n"), executor.clock());
  CHECK(await(executor, source.token()).value() == "one");
  folder.write("token", "two");
  executor.run_for(49s);
  CHECK(await(executor, source.token()).value() == "one");
  executor.run_for(2s);
  CHECK(await(executor, source.token()).value() == "two");
}

TEST_CASE("A token that the server rejected is read again at once") {
  TemporaryFolder folder;
  async::SimulatedExecutor executor{TimePoint{}};
  FileTokenSource source(folder.write("token", "one"), executor.clock());
  CHECK(await(executor, source.token()).value() == "one");
  folder.write("token", "two");
  source.reject("one");
  CHECK(await(executor, source.token()).value() == "two");
}

TEST_CASE("While the token file is unreadable or empty the old token stays in use (F18)") {
  TemporaryFolder folder;
  async::SimulatedExecutor executor{TimePoint{}};
  FileTokenSource source(folder.write("token", "one"), executor.clock());
  CHECK(await(executor, source.token()).value() == "one");
  folder.write("token", GENERATE(as<std::string>{}, "", "\n", "a\nb", std::string(1U << 20U, 'x')));
  executor.run_for(2min);
  source.reject("one");
  CHECK(await(executor, source.token()).value() == "one");
  std::filesystem::remove(folder.path("token"));
  executor.run_for(2min);
  CHECK(await(executor, source.token()).value() == "one");
}

TEST_CASE("Without any good token there is an error, not an anonymous request") {
  TemporaryFolder folder;
  async::SimulatedExecutor executor{TimePoint{}};
  FileTokenSource missing(folder.path("none"), executor.clock());
  CHECK_FALSE(await(executor, missing.token()));
  FileTokenSource empty(folder.write("token", " \n"), executor.clock());
  const auto token = await(executor, empty.token());
  REQUIRE_FALSE(token);
  CHECK(token.error().message == folder.path("token") + ": is empty");
}

TEST_CASE("A child's output is read, its environment is ours and what was added") {
  auto child = shell("printf '%s %s' \"$GREETING\" \"${PATH:+path}\"");
  child.env = {{"GREETING", "hello"}};
  CHECK(run_child(child).value() == "hello path");
}

TEST_CASE("A child does not inherit our open files") {
  const int ours = ::open("/dev/null", O_RDONLY); // as Asio opens sockets: without O_CLOEXEC
  REQUIRE(ours >= 0);
  const std::string number = std::to_string(ours);
  CHECK(run_child(shell("test -e /proc/self/fd/1 && echo 1; test -e /proc/self/fd/" + number +
                        " && echo " + number + "; true"))
            .value() == "1\n");
  ::close(ours);
}

TEST_CASE("A child that fails, hangs, floods or does not exist gives an error") {
  CHECK(run_child(shell("exit 3")).error().message == "sh ended with status 3");
  CHECK(run_child(shell("kill -9 $$")).error().message == "sh was killed");
  auto hanging = shell("sleep 1000");
  hanging.timeout = 200ms;
  CHECK(run_child(hanging).error().code == Code::Timeout);
  auto lingering = shell("exec >&-; sleep 1000");
  lingering.timeout = 200ms;
  CHECK(run_child(lingering).error().code == Code::Timeout);
  auto flooding = shell("yes");
  flooding.output_bytes_max = 100'000;
  CHECK(run_child(flooding).error().code == Code::TooLarge);
  ChildProcess missing;
  missing.command = "berth-no-such-program";
  CHECK(run_child(missing).error().code == Code::NotFound);
  CHECK(run_child(shell("cat")).value().empty());
}

TEST_CASE("An ExecCredential is read strictly") {
  const auto good = decode_exec_credential(
      credential_text(R"({"token":"t\n","expirationTimestamp":"2026-11-21T08:00:00Z"})"), kV1);
  REQUIRE(good);
  CHECK(good->token == "t");
  CHECK(good->expires.has_value());
  for (const auto& bad :
       {credential_text("{}"), credential_text("null"), credential_text(R"({"token":7})"),
        credential_text(R"({"clientCertificateData":"c"})"), credential_text(R"({"token":"a b"})"),
        credential_text(R"({"token":"t","expirationTimestamp":"tomorrow"})"),
        credential_text(R"({"token":"t"})", "client.authentication.k8s.io/v1beta1"),
        std::string(R"({"token":"t"})"), std::string("token")})
    CHECK_FALSE(decode_exec_credential(bad, kV1));
}

TEST_CASE("A plugin is told of the cluster only if it asked") {
  Config config;
  config.server = "https://k";
  ExecPlugin plugin;
  plugin.api_version = kV1;
  CHECK(api::parse_json(exec_info_text(plugin, config))->at("spec") ==
        api::Json{{"interactive", false}});
  plugin.provide_cluster_info = true;
  config.certificate_authority.inline_pem = "pem";
  const auto cluster = api::parse_json(exec_info_text(plugin, config))->at("spec").at("cluster");
  CHECK(cluster.at("server") == "https://k");
  CHECK(cluster.at("certificate-authority-data") == "cGVt");
}

TEST_CASE(
    "A plugin runs once for many calls, again after a rejection, and its certificate is shown") {
  TemporaryFolder folder;
  const auto program = folder.write_program(
      "login",
      "echo run >> " + folder.path("runs") + "\n" + "case \"$KUBERNETES_EXEC_INFO\" in *" + kV1 +
          "*) ;; *) exit 9 ;; esac\n" + "cat <<'END'\n" +
          credential_text(R"({"token":"t","clientCertificateData":"c","clientKeyData":"k"})") +
          "\nEND\n");
  Config config;
  config.exec.emplace();
  config.exec->api_version = kV1;
  config.exec->command = program;
  http::testing::ClientThread thread;
  int shown = 0;
  ExecTokenSource source(thread.executor(), config, [&](const ExecCredential& credential) {
    CHECK(credential.cert_pem == "c");
    ++shown;
    return Result<void>{};
  });
  auto first = thread.start(source.token());
  auto second = thread.start(source.token());
  CHECK(first.get().value() == "t");
  CHECK(second.get().value() == "t");
  const auto runs = [&] { return std::filesystem::file_size(folder.path("runs")) / 4; };
  CHECK(runs() == 1);
  thread.call([&] { source.reject("t"); });
  CHECK(thread.run(source.token()).value() == "t");
  CHECK(runs() == 2);
  thread.call([&] { source.reject("an older one"); });
  CHECK(thread.run(source.token()).value() == "t");
  CHECK(runs() == 2);
  CHECK(shown == 1);
}

TEST_CASE("A failing plugin is not run for every request") {
  TemporaryFolder folder;
  Config config;
  config.exec.emplace();
  config.exec->api_version = kV1;
  config.exec->command =
      folder.write_program("login", "echo run >> " + folder.path("runs") + "\nexit 1\n");
  http::testing::ClientThread thread;
  ExecTokenSource source(thread.executor(), config,
                         [](const ExecCredential&) { return Result<void>{}; });
  for (int i = 0; i < 3; ++i) {
    const auto token = thread.run(source.token());
    REQUIRE_FALSE(token);
    CHECK(token.error().message.starts_with("failed to get credentials from "));
  }
  CHECK(std::filesystem::file_size(folder.path("runs")) == 4);
}
