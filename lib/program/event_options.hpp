#pragma once
// How a program's events are told apart from those of others, and counted.

#include <string>

#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::program {

/// For events of `component` ("berth.dev/operator"), written by the replica `identity`. `metrics`
/// must outlive the recorder.
[[nodiscard]] kube::EventRecorderOptions event_options(std::string component, std::string identity,
                                                       telemetry::EventMetrics& metrics);

} // namespace berth::program
