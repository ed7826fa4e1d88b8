// Any bytes on a server's connection: the reader gives the same requests and the same refusal
// however the bytes are cut, and what it lets through is what a handler may rely on.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ensure.hpp"
#include "lib/http/request_reader.hpp"

namespace {

using namespace berth;
using namespace berth::http;

constexpr std::size_t kHeaderBytesMax = 1024;
constexpr std::size_t kBodyBytesMax = 4096;

struct Outcome {
  std::vector<std::string> requests;
  int refused = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void check(const Request& request) {
  ensure(is_token(request.method), "a method is no token");
  ensure(is_origin_form(request.target), "a target is no path");
  ensure(request.body.size() <= kBodyBytesMax, "a body is too long");
  int hosts = 0;
  for (const auto& [name, value] : request.headers) {
    ensure(is_token(name) && is_field_value(value), "a field is malformed");
    hosts += equal_names(name, "Host") ? 1 : 0;
  }
  ensure(hosts <= 1, "a request has two hosts");
}

Outcome read(std::string_view bytes, std::size_t piece_bytes) {
  Outcome outcome;
  RequestReader reader(kHeaderBytesMax, kBodyBytesMax);
  while (true) {
    const auto state = reader.advance();
    if (!state) {
      outcome.refused = state.error().status;
      return outcome;
    }
    if (*state == RequestReader::State::Done) {
      const bool keep_alive = reader.keep_alive();
      const Request request = reader.take();
      check(request);
      outcome.requests.push_back(request.method + " " + request.target + " " + request.body);
      if (!keep_alive)
        return outcome;
      continue;
    }
    if (bytes.empty())
      return outcome;
    const auto space = reader.space();
    const std::size_t count = std::min({piece_bytes, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), count, space.begin());
    reader.received(count);
    bytes.remove_prefix(count);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(bytes, bytes.size());
  const std::size_t piece_bytes = 1 + (size == 0 ? 0 : data[size - 1] % 7U);
  ensure(read(bytes, piece_bytes) == whole, "the cut of the bytes changes their meaning");
  return 0;
}
