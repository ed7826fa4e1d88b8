#pragma once
// Faults: what can go wrong between one client and the simulated API server. Rates are drawn for
// every request or delivery from the transport's seed; single faults are aimed by a test. All off
// by default.

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/rng.hpp"
#include "lib/http/message.hpp"

namespace berth::simulation {

enum class Fault {
  Refuse,      ///< no connection: nothing was sent
  LoseRequest, ///< the connection breaks before the request has an effect
  LoseReply,   ///< the request takes effect, the reply is lost
  ServerError, ///< 500 without effect
  Unavailable, ///< 503 with Retry-After, without effect
  Throttle,    ///< 429 with Retry-After, without effect
  Gone,        ///< 410 as an HTTP status
  CutStream,   ///< a stream breaks inside a delivery, at any byte
  LoseEvent,   ///< a watch event is never sent
  RepeatEvent, ///< a watch event is sent twice
};
inline constexpr std::size_t kFaults = 10;

/// One way of a message.
struct Latency {
  Duration min{1};
  Duration max{5};
  /// So many of a thousand messages take `slow` instead.
  int slow_permille = 0;
  Duration slow{2000};
};

/// Decides which faults happen; deterministic by its seed and the order of questions.
class FaultPlan {
public:
  /// Picks the requests that an aimed fault hits; empty means any.
  using Matcher = std::function<bool(const http::Request&)>;

  explicit FaultPlan(Rng rng) : rng_(rng) {}

  /// From now on `fault` happens to so many of a thousand requests, deliveries or events.
  void set_permille(Fault fault, int permille) {
    permille_[static_cast<std::size_t>(fault)] = permille;
  }
  void set_all_permille(int permille);
  /// The next `times` requests that match (or deliveries or events of their streams) get `fault`.
  void aim(Fault fault, Matcher matcher = {}, int times = 1);
  void set_latency(Latency latency) { latency_ = latency; }

  /// The fault of a request, if any; the first kinds of the enum come first.
  [[nodiscard]] std::optional<Fault> for_request(const http::Request& request);
  /// Whether a stream's fault happens now.
  [[nodiscard]] bool for_stream(Fault fault, const http::Request& request);
  [[nodiscard]] Duration latency();
  [[nodiscard]] Rng& rng() { return rng_; }

private:
  struct Aimed {
    Fault fault;
    Matcher matcher;
    int times = 0;
  };
  [[nodiscard]] bool happens(Fault fault, const http::Request& request);

  Rng rng_;
  int permille_[kFaults] = {};
  std::vector<Aimed> aimed_;
  Latency latency_;
};

/// Requests of a method whose target contains `part`.
[[nodiscard]] FaultPlan::Matcher requests(std::string method, std::string part);

} // namespace berth::simulation
