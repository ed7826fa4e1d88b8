// A watch body: cut anywhere it gives the same lines, and each line is an event for both parsers,
// for neither, or refused by the stricter one; where both read it, they read the same.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ensure.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/line_framer.hpp"
#include "lib/kube/resource_types.hpp"

namespace {

using namespace berth;
using namespace berth::kube;

constexpr std::size_t kLineBytesMax = 4096;

/// The lines of `bytes` pushed in pieces of `piece` bytes, until the end or the first refusal.
std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  LineFramer framer(kLineBytesMax);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framer.push(bytes.substr(at, piece));
    for (;;) {
      const auto line = framer.next();
      if (!line)
        return lines;
      if (!*line)
        break;
      lines.emplace_back(**line);
    }
  }
  return lines;
}

struct Any {
  ObjectMeta meta;
};

void read_by_both(const std::string& line) {
  static const auto simd = make_simdjson_codec<Any>(
      types::pod(), [](JsonElement element) -> Result<std::shared_ptr<const Any>> {
        auto any = std::make_shared<Any>();
        BERTH_CHECK(read_members(element, member("metadata", [&](JsonElement it) {
                                   return read_object_meta(it, any->meta, nullptr);
                                 })));
        return any;
      });
  static const auto json =
      make_json_codec<Any>(types::pod(), [](const api::Json&) -> Result<Any> { return Any{}; });
  const auto left = simd.decode_event(line);
  const auto right = json.decode_event(line);
  if (!left || !right)
    return;
  ensure(left->info.type == right->info.type, "two readers differ about the type of an event");
  ensure(left->info.resource_version == right->info.resource_version,
         "two readers differ about the version of an event");
  ensure(left->info.initial_events_end == right->info.initial_events_end,
         "two readers differ about the end of a list");
  ensure(left->info.status_code == right->info.status_code,
         "two readers differ about an error's code");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = lines_of(bytes, size + 1);
  ensure(lines_of(bytes, 1) == whole, "a line depends on how the bytes were split");
  ensure(lines_of(bytes, 7) == whole, "a line depends on how the bytes were split");
  for (const auto& line : whole)
    read_by_both(line);
  return 0;
}
