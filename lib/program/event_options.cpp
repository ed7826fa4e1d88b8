#include "lib/program/event_options.hpp"

#include <utility>

namespace berth::program {

kube::EventRecorderOptions event_options(std::string component, std::string identity,
                                         telemetry::EventMetrics& metrics) {
  kube::EventRecorderOptions events;
  events.component = std::move(component);
  events.instance = std::move(identity);
  events.on_sent = [&metrics](bool written) {
    metrics.events(written ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  };
  events.on_left_out = [&metrics](std::size_t left_out) {
    metrics.dropped.add(static_cast<double>(left_out));
  };
  return events;
}

} // namespace berth::program
