#include "lib/http/tls_files.hpp"

#include <fstream>
#include <utility>

namespace berth::http {
namespace {

Result<std::string> read_pem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(Code::NotFound, path + ": cannot be opened");
  std::string text(kPemBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return fail(Code::Invalid, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kPemBytesMax)
    return fail(Code::TooLarge, path + ": is longer than 1 MiB");
  if (text.empty())
    return fail(Code::Invalid, path + ": is empty");
  return text;
}

} // namespace

Result<ServerTls> read_server_tls(const ServerTlsFiles& files) {
  ServerTls tls;
  BERTH_TRY(tls.cert_pem, read_pem(files.certificate));
  BERTH_TRY(tls.key_pem, read_pem(files.key));
  if (!files.client_ca.empty()) {
    BERTH_TRY(tls.client_ca_pem, read_pem(files.client_ca));
  }
  return tls;
}

TlsReloader::TlsReloader(ServerTlsFiles files, ServerTls loaded, Server& server, Listener listener)
    : files_(std::move(files)), in_use_(std::move(loaded)), server_(server),
      listener_(std::move(listener)) {}

async::Task<void> TlsReloader::run(async::Executor& executor, std::stop_token stop) {
  for (bool due = true; due;) {
    due = co_await async::sleep_for(executor, kTlsCheckInterval, stop);
    if (due)
      check();
  }
}

Result<void> TlsReloader::trust(std::string client_ca_pem) {
  if (trusted_ == client_ca_pem)
    return {};
  ServerTls next = in_use_;
  next.client_ca_pem = client_ca_pem;
  BERTH_CHECK(server_.set_tls(next));
  in_use_ = std::move(next);
  trusted_ = std::move(client_ca_pem);
  server_.dismiss();
  return {};
}

Result<ServerTls> TlsReloader::read() const {
  BERTH_TRY(ServerTls tls, read_server_tls(files_));
  if (trusted_)
    tls.client_ca_pem = *trusted_;
  return tls;
}

void TlsReloader::check() {
  auto found = read();
  if (found && *found == in_use_ && failure_.empty())
    return;
  Result<void> used = found ? server_.set_tls(*found) : fail(found.error());
  if (used) {
    in_use_ = std::move(*found);
    failure_.clear();
    listener_(certificate_expiration(in_use_.cert_pem));
    return;
  }
  const bool is_known = std::exchange(failure_, used.error().message) == used.error().message;
  looks_untold_ = is_known ? looks_untold_ + 1 : 0;
  if (looks_untold_ % kTlsToldAgainAfterLooks == 0)
    listener_(fail(std::move(used).error()));
}

} // namespace berth::http
