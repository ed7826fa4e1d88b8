#pragma once
// Where external metrics are served and what is shown there; for the command line.

#include <string>

#include "lib/http/tls_files.hpp"

namespace berth::analyzer {

struct ExternalMetricsOptions {
  std::string bind_address{}; ///< HOST:PORT; empty: not served
  http::ServerTlsFiles tls{}; ///< without a client CA, which the API server tells
};

} // namespace berth::analyzer
