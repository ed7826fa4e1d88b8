// A refusal's body: one error, one line, however hostile the text.

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/kube/status.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const int status : {401, 404, 409, 410, 422, 429, 500, 503}) {
    const http::Response response{status, {{"Retry-After", body.substr(0, 8)}}, body};
    const Error error = kube::error_of(response);
    ensure(error.message.size() <= 1536, "an error's message has no limit");
    ensure(std::none_of(error.message.begin(), error.message.end(),
                        [](unsigned char c) { return c < 0x20; }),
           "an error's message breaks the line");
    ensure(!error.retry_after || *error.retry_after <= std::chrono::hours{24},
           "an absurd wait was believed");
  }
  return 0;
}
