#include "tests/support/http/raw_socket.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/ensure.hpp"

namespace berth::http::testing {

RawSocket::RawSocket() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {}

RawSocket::RawSocket(std::uint16_t port) : RawSocket() {
  connect(port);
}

/// What is sent is under way at once, as with the servers that stand behind it in earnest.
RawSocket::RawSocket(Adopted adopted) : socket_(adopted.socket) {
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), unread_(std::move(other.unread_)) {}

RawSocket::~RawSocket() {
  if (socket_ >= 0)
    ::close(socket_);
}

void RawSocket::connect(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connected =
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ensure(connected == 0, "the test's client cannot connect");
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::end_sending() {
  ::shutdown(socket_, SHUT_WR);
}

std::string RawSocket::read_all() {
  std::string all = std::exchange(unread_, {});
  for (std::string piece = read_some(); !piece.empty(); piece = read_some())
    all += piece;
  return all;
}

std::string RawSocket::read_until(std::string_view text) {
  std::string came = std::exchange(unread_, {});
  while (came.find(text) == std::string::npos) {
    const std::string piece = read_some();
    if (piece.empty())
      return came;
    came += piece;
  }
  const auto end = came.find(text) + text.size();
  unread_ = came.substr(end);
  return came.substr(0, end);
}

bool RawSocket::is_closed_by_peer() {
  pollfd waiting{socket_, POLLIN, 0};
  const auto patience = std::chrono::milliseconds(kPatience).count();
  if (!unread_.empty() || ::poll(&waiting, 1, static_cast<int>(patience)) <= 0)
    return false;
  return read_some().empty();
}

void RawSocket::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

std::string RawSocket::read_some() {
  pollfd waiting{socket_, POLLIN, 0};
  const auto patience = std::chrono::milliseconds(kPatience).count();
  if (::poll(&waiting, 1, static_cast<int>(patience)) <= 0)
    return {};
  std::array<char, 4096> bytes{};
  const auto came = ::recv(socket_, bytes.data(), bytes.size(), 0);
  return came <= 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(came));
}

int status_of(std::string_view response) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  return response.starts_with(kStart) ? std::atoi(response.data() + kStart.size()) : 0;
}

} // namespace berth::http::testing
