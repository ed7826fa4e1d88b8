#include "lib/http/tls_files.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "tests/support/http/certificates.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;

/// A folder with a server's three files, gone at the end.
class Folder {
public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-tls-XXXXXX").string();
    ensure(mkdtemp(pattern.data()) != nullptr, "a folder of its own");
    path_ = pattern;
  }
  explicit Folder(const ServerTls& tls) : Folder() { write(tls); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  void write(const ServerTls& tls) const {
    write("tls.crt", tls.cert_pem);
    write("tls.key", tls.key_pem);
    write("ca.crt", tls.client_ca_pem);
  }
  void remove(const char* name) const { std::filesystem::remove(path_ / name); }
  [[nodiscard]] ServerTlsFiles files() const {
    return {path_ / "tls.crt", path_ / "tls.key", path_ / "ca.crt"};
  }

private:
  std::filesystem::path path_;
};

/// What a server of `authority` shows, and whom it trusts.
ServerTls tls_of(const Authority& authority, const Authority& clients) {
  ServerTls tls = authority.server_tls();
  tls.client_ca_pem = clients.cert_pem();
  return tls;
}

/// The status that a client gets which trusts `servers` and comes from `clients`; 0: no answer.
int call(const Server& server, const Authority& servers, const Authority& clients) {
  const Issued own = clients.issue({"kube-scheduler"});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port(), true),
                                    {servers.cert_pem(), own.cert_pem, own.key_pem, {}, false});
  const auto answer = client.run(transport->send(get("/"), {}));
  return answer ? answer->status : 0;
}

ServerOptions serving(ServerTls tls) {
  ServerOptions options;
  options.tls = std::move(tls);
  return options;
}

/// A server that was started from a folder, what looks at its files, and what that told of them.
struct ServedFolder {
  explicit ServedFolder(const ServerTls& written) : folder(written) {}

  Folder folder;
  ServerTls loaded = *read_server_tls(folder.files());
  std::unique_ptr<Server> server = start_server(serving(loaded));
  std::vector<Result<TimePoint>> told;
  TlsReloader reloader{folder.files(), loaded, *server,
                       [this](const Result<TimePoint>& outcome) { told.push_back(outcome); }};
};

} // namespace

TEST_CASE("TLS files are read whole, and a file that cannot be is named") {
  const Authority authority("a");
  const ServerTls written = tls_of(authority, authority);
  const Folder folder(written);
  const auto read = read_server_tls(folder.files());
  REQUIRE(read);
  CHECK(read->cert_pem == written.cert_pem);
  CHECK(read->key_pem == written.key_pem);
  CHECK(read->client_ca_pem == written.client_ca_pem);

  folder.write("tls.key", "");
  CHECK(read_server_tls(folder.files()).error().message == folder.files().key + ": is empty");
  folder.write("tls.key", std::string(kPemBytesMax + 1, 'x'));
  CHECK(read_server_tls(folder.files()).error().code == Code::TooLarge);
  folder.remove("tls.key");
  CHECK(read_server_tls(folder.files()).error().code == Code::NotFound);
  CHECK(read_server_tls({folder.files().certificate, folder.files().certificate, {}})
            ->client_ca_pem.empty());
}

TEST_CASE("F17: files that do not fit together yet cannot be served with") {
  const Authority authority("a"), other("b");
  ServerTls tls = tls_of(authority, authority);
  CHECK(check_server_tls(tls));
  tls.key_pem = tls_of(other, authority).key_pem;
  CHECK(check_server_tls(tls).error().code == Code::Invalid);
  tls = tls_of(authority, authority);
  tls.client_ca_pem = "half a bundle";
  CHECK_FALSE(check_server_tls(tls));
}

TEST_CASE("F17: a renewed certificate and a new CA are used without a restart") {
  const Authority old_servers("old"), new_servers("new"), old_clients("c1"), new_clients("c2");
  ServedFolder served(tls_of(old_servers, old_clients));

  served.reloader.check();
  CHECK(served.told.empty());
  CHECK(call(*served.server, old_servers, old_clients) == 200);

  served.folder.write(tls_of(new_servers, new_clients));
  served.reloader.check();
  REQUIRE(served.told.size() == 1);
  CHECK(served.told[0].has_value());
  CHECK(call(*served.server, new_servers, new_clients) == 200);
  CHECK(call(*served.server, old_servers, new_clients) == 0);
  CHECK(call(*served.server, new_servers, old_clients) == 0);
}

TEST_CASE("F17: while the CA file holds the old and the new CA, clients of both get in") {
  const Authority servers("s"), old_clients("c1"), new_clients("c2");
  ServedFolder served(tls_of(servers, old_clients));
  served.folder.write("ca.crt", old_clients.cert_pem() + new_clients.cert_pem());
  served.reloader.check();
  CHECK(call(*served.server, servers, old_clients) == 200);
  CHECK(call(*served.server, servers, new_clients) == 200);
}

TEST_CASE("A CA that comes another way counts instead of the file's, now and after a renewal") {
  const Authority old_servers("old"), new_servers("new"), in_file("c1"), given("c2");
  ServedFolder served(tls_of(old_servers, in_file));

  REQUIRE(served.reloader.trust(given.cert_pem()));
  CHECK(call(*served.server, old_servers, given) == 200);
  CHECK(call(*served.server, old_servers, in_file) == 0);
  CHECK(served.reloader.trust("no PEM").error().code == Code::Invalid);
  CHECK(call(*served.server, old_servers, given) == 200);

  served.folder.write(tls_of(new_servers, in_file));
  served.reloader.check();
  CHECK(call(*served.server, new_servers, given) == 200);
  CHECK(call(*served.server, new_servers, in_file) == 0);
}

TEST_CASE("A CA that comes another way is trusted while half of an update is in the files") {
  const Authority old_servers("old"), new_servers("new"), in_file("c1"), given("c2");
  ServedFolder served(tls_of(old_servers, in_file));
  const ServerTls next = tls_of(new_servers, in_file);
  served.folder.write("tls.crt", next.cert_pem); // its key is not there yet
  served.reloader.check();

  REQUIRE(served.reloader.trust(given.cert_pem()));
  CHECK(call(*served.server, old_servers, given) == 200);
  CHECK(call(*served.server, old_servers, in_file) == 0);

  served.folder.write(next);
  served.reloader.check();
  CHECK(call(*served.server, new_servers, given) == 200);
}

TEST_CASE("F17: half of an update keeps the old certificate, the other half brings the new one") {
  const Authority servers("s"), clients("c");
  ServedFolder served(tls_of(servers, clients));
  const ServerTls after = tls_of(servers, clients);

  served.folder.write("tls.crt", after.cert_pem); // the key is still the old one's
  served.reloader.check();
  REQUIRE(served.told.size() == 1);
  CHECK_FALSE(served.told[0].has_value());
  CHECK(call(*served.server, servers, clients) == 200);

  served.folder.remove("tls.key");
  served.reloader.check();
  served.reloader.check();
  CHECK(served.told.size() == 2); // the same trouble is told once

  served.folder.write("tls.key", after.key_pem);
  served.reloader.check();
  REQUIRE(served.told.size() == 3);
  CHECK(served.told[2].has_value());
  CHECK(call(*served.server, servers, clients) == 200);
}

TEST_CASE("F17: what goes on to be wrong with the files is told again, once in many looks") {
  const Authority authority("a");
  ServedFolder served(tls_of(authority, authority));
  const auto look_for_long = [&] {
    for (int look = 0; look <= kTlsToldAgainAfterLooks; ++look)
      served.reloader.check();
  };
  served.folder.write("tls.key", "no key");
  look_for_long();
  CHECK(served.told.size() == 2);
  served.folder.remove("tls.key");
  look_for_long();
  CHECK(served.told.size() == 4);
  for (const auto& told : served.told)
    CHECK_FALSE(told);
  served.folder.write(tls_of(authority, authority));
  look_for_long();
  REQUIRE(served.told.size() == 5);
  CHECK(served.told.back());
}

} // namespace berth::http
