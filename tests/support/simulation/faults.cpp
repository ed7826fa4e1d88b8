#include "tests/support/simulation/faults.hpp"

#include <algorithm>

namespace berth::simulation {

void FaultPlan::set_all_permille(int permille) {
  std::fill(std::begin(permille_), std::end(permille_), permille);
}

void FaultPlan::aim(Fault fault, Matcher matcher, int times) {
  aimed_.push_back({fault, std::move(matcher), times});
}

std::optional<Fault> FaultPlan::for_request(const http::Request& request) {
  for (const Fault fault : {Fault::Refuse, Fault::LoseRequest, Fault::LoseReply, Fault::ServerError,
                            Fault::Unavailable, Fault::Throttle, Fault::Gone})
    if (happens(fault, request))
      return fault;
  return std::nullopt;
}

bool FaultPlan::for_stream(Fault fault, const http::Request& request) {
  return happens(fault, request);
}

bool FaultPlan::happens(Fault fault, const http::Request& request) {
  for (auto& aimed : aimed_) {
    if (aimed.fault != fault || aimed.times == 0 || (aimed.matcher && !aimed.matcher(request)))
      continue;
    --aimed.times;
    return true;
  }
  const int permille = permille_[static_cast<std::size_t>(fault)];
  // 410 is an answer to lists and watches only.
  const bool possible = fault != Fault::Gone || request.method == "GET";
  return permille > 0 && possible && rng_.below(1000) < static_cast<std::uint64_t>(permille);
}

Duration FaultPlan::latency() {
  if (latency_.slow_permille > 0 &&
      rng_.below(1000) < static_cast<std::uint64_t>(latency_.slow_permille))
    return latency_.slow;
  const auto spread = static_cast<std::uint64_t>((latency_.max - latency_.min).count()) + 1;
  return latency_.min + Duration{static_cast<Duration::rep>(rng_.below(spread))};
}

FaultPlan::Matcher requests(std::string method, std::string part) {
  return [method = std::move(method), part = std::move(part)](const http::Request& request) {
    return request.method == method && request.target.find(part) != std::string::npos;
  };
}

} // namespace berth::simulation
