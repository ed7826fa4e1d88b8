#pragma once
// RawSocket: a plain blocking socket for tests, which sends any bytes and reads what comes, as a
// client or as what a listener accepted. Every wait ends after kPatience, so that a broken peer
// fails a test instead of hanging it.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::http::testing {

inline constexpr std::chrono::seconds kPatience{20};
/// A time-out that whoever is not slow on purpose meets, however busy the machine is.
inline constexpr std::chrono::milliseconds kUnhurried{600};

class RawSocket {
public:
  /// Not connected yet.
  RawSocket();
  /// Connects to 127.0.0.1.
  explicit RawSocket(std::uint16_t port);
  /// Takes over a connected socket.
  [[nodiscard]] static RawSocket adopt(int socket) { return RawSocket(Adopted{socket}); }
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket();

  /// Connects to 127.0.0.1.
  void connect(std::uint16_t port);
  /// Sends what it can; false once the peer has gone.
  bool send(std::string_view bytes);
  /// Ends our side; the other stays open.
  void end_sending();
  /// Everything that comes until the peer closes.
  [[nodiscard]] std::string read_all();
  /// Reads until what came holds `text`; what came so far if the peer closes first.
  [[nodiscard]] std::string read_until(std::string_view text);
  /// Reads a request without a body.
  void skip_request() { static_cast<void>(read_until("\r\n\r\n")); }
  /// Reads until the peer closes.
  void wait_for_end() { static_cast<void>(read_all()); }
  /// Whether the peer closes the connection without sending anything more.
  [[nodiscard]] bool is_closed_by_peer();
  /// The descriptor, which stays this object's own.
  [[nodiscard]] int number() const { return socket_; }
  /// Closes with a reset instead of an orderly end.
  void reset();

private:
  struct Adopted {
    int socket;
  };
  explicit RawSocket(Adopted adopted);

  /// The next bytes; empty when the peer closed or patience ended.
  std::string read_some();

  int socket_;
  std::string unread_;
};

/// The status of a raw response, or 0.
[[nodiscard]] int status_of(std::string_view response);

} // namespace berth::http::testing
