#pragma once
// The extender's routes: POST <prefix>/filter, /prioritize, /preempt, /bind. It turns a request
// into a verb's arguments and the verb's result into an answer, measures and logs; it decides
// nothing. filter, prioritize and preempt run on the server's thread to their end: one snapshot, no
// lock, no I/O. Status codes: 200 with an Error field for what the scheduler should tell people,
// 400 for what cannot be read, 403, 404, 405, 413; the scheduler takes all but 200 for a failed
// call.

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/http/message.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "scheduler-extender/filter.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// Longest body of a bind request: four names.
inline constexpr std::size_t kBindBodyBytesMax = std::size_t{16} << 10U;
/// Longest X-Request-Id taken over; a longer one is replaced.
inline constexpr std::size_t kRequestIdBytesMax = 64;

/// What the routes use. Both functions are called from several threads at once.
struct Backend {
  /// The newest snapshot; null while the caches are cold.
  std::function<std::shared_ptr<const allocation::ClusterSnapshot>()> snapshot;
  std::function<async::Task<BindResult>(BindRequest)> bind;
};

/// What the routes report to; all must outlive them.
struct Instruments {
  telemetry::ExtenderMetrics& metrics;
  telemetry::Logger log;
  const Clock& clock;
  telemetry::Tracer tracer{};
};

struct RouterOptions {
  /// Put in front of every path: "" or "/scheduler", without a slash at its end.
  std::string prefix{};
  /// Common names of the client certificates that are served; empty: every one that TLS let in.
  std::vector<std::string> client_names{};
  FilterOptions filter{};
};

class Router {
public:
  Router(RouterOptions options, Backend backend, Instruments instruments);

  /// The http::Handler.
  [[nodiscard]] async::Task<http::Response> handle(http::Request request);
  /// When the first certificate stops to be valid, of those that callers have shown since the last
  /// time this was asked. kube-scheduler's is often a copy that people must renew.
  [[nodiscard]] std::optional<TimePoint> take_soonest_caller_end();

private:
  using Verb = telemetry::ExtenderVerb;
  struct Call;

  [[nodiscard]] std::optional<Verb> verb_of(std::string_view target) const;
  [[nodiscard]] bool serves(const std::string& client_name) const;
  [[nodiscard]] std::string request_id(const http::Request& request);
  void note_stranger(const std::string& client_name);
  void note_caller(std::optional<TimePoint> valid_until);
  void filter(Call& call);
  void prioritize(Call& call);
  void preempt(Call& call);
  [[nodiscard]] async::Task<void> bind(Call& call);
  void count(const FilterResult& result) const;
  void finish(Call& call);
  void finish_span(Call& call, SteadyPoint ended);

  RouterOptions options_;
  Backend backend_;
  telemetry::ExtenderMetrics& metrics_;
  telemetry::Logger log_;
  const Clock& clock_;
  telemetry::Tracer tracer_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> strangers_{0};
  static constexpr std::int64_t kNoCaller = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> soonest_caller_end_{kNoCaller};
};

} // namespace berth::extender
