// Any bytes from a server: the client reads the same response however they are cut.

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/base/ensure.hpp"
#include "lib/http/response_reader.hpp"

namespace {

using namespace berth;
using namespace berth::http;

struct Outcome {
  int status = 0;
  std::string body;
  bool done = false;
  bool failed = false;
  bool keep_alive = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view bytes, std::size_t piece_bytes) {
  Outcome outcome;
  ResponseReader reader({1024, 4096}, true);
  Result<void> read{};
  while (read && !reader.done() && !bytes.empty()) {
    const auto space = reader.space();
    const std::size_t count = std::min({piece_bytes, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), count, space.begin());
    read = reader.received(count);
    outcome.body += reader.take_body();
    bytes.remove_prefix(count);
  }
  if (read && !reader.done())
    read = reader.ended();
  if (!read) {
    outcome.body.clear(); // how much of it came before the fault was seen depends on the cut
    outcome.failed = true;
    return outcome;
  }
  outcome.status = reader.take_head().status;
  outcome.done = true;
  outcome.keep_alive = reader.keep_alive() && bytes.empty();
  ensure(outcome.body.size() <= 4096, "a body is too long");
  return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(bytes, bytes.size());
  const std::size_t piece_bytes = 1 + (size == 0 ? 0 : data[size - 1] % 7U);
  ensure(read(bytes, piece_bytes) == whole, "the cut of the bytes changes their meaning");
  return 0;
}
