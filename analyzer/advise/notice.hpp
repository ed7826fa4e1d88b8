#pragma once
// Notice: something about an object that people should know of and that is no recommendation. Told
// once, as an event and a line of the log.

#include <string>

#include "lib/base/reason.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::analyzer {

struct Notice {
  kube::ObjectReference about{};
  Reason reason = Reason::UsageSpiked;
  std::string note{}; ///< the sentence for people
};

/// `events`: null where none are written.
void tell(const Notice& notice, telemetry::Logger& log, kube::EventRecorder* events);

} // namespace berth::analyzer
