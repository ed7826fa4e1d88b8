#pragma once
// The observe part of `kubectl berth history` without a log: what a cluster still remembers of
// decisions. Pods hold the record of their admission, and the operator's events say the rest for as
// long as the API server keeps events (an hour by default).

#include <memory>
#include <string>
#include <vector>

#include "lib/cluster/pod.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// One event of Berth's operator.
struct DecisionEvent {
  TimePoint at{}; ///< the first time
  std::string reporter{};
  std::string kind{}; ///< of the object that it is about, as the next three
  std::string namespace_name{};
  std::string name{};
  std::string uid{};
  std::string action{}; ///< "Wait", "Preempt"
  std::string reason{};
  std::string note{};
};

struct ObservedHistory {
  std::vector<std::shared_ptr<const cluster::Pod>> pods;
  std::vector<DecisionEvent> events;
  std::vector<std::string> unreadable;
};

/// Of one namespace; empty: all. Events that may not be read are an error: they are the history.
[[nodiscard]] async::Task<Result<ObservedHistory>> observe_history(kube::Client& client,
                                                                   std::string ns);

} // namespace berth::cli
