#pragma once
// What the system knows of this process: time, memory, files. Read from /proc; used by the roots,
// which call refresh_process() from Registry::before_exposition().

#include "lib/telemetry/catalog.hpp"

namespace berth::telemetry {

/// Sets the process' own values; what cannot be read keeps its last value.
void refresh_process(ProcessMetrics& metrics);

} // namespace berth::telemetry
