// Snapshots of the history: read or refused, and what is read is in order and can go on. The last
// eight bytes are put right first, or nothing would get past the checksum.

#include <cstdint>
#include <string>

#include "analyzer/model/history/snapshot.hpp"
#include "lib/base/ensure.hpp"
#include "lib/base/fnv.hpp"

namespace {

using namespace berth;

std::string with_checksum(std::string body) {
  const std::uint64_t hash = fnv1a(body);
  for (unsigned i = 0; i < 8; ++i)
    body.push_back(static_cast<char>(hash >> (8 * i) & 0xFFU));
  return body;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  analyzer::History history({});
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (!analyzer::decode_snapshot(with_checksum(text), kNow, history))
    return 0;
  for (const auto& [name, series] : history.series()) {
    TimePoint last{};
    for (const auto& step : series.aggregates()) {
      ensure(step.start > last && step.start <= kNow && step.samples > 0, "steps are in order");
      ensure(step.min <= step.mean && step.mean <= step.max, "a step is in order");
      last = step.start;
    }
    static_cast<void>(history.add(name, {kNow, 1}, kNow));
    static_cast<void>(
        history.add(name, {kNow + std::chrono::minutes{10}, 1}, kNow + std::chrono::minutes{10}));
  }
  static_cast<void>(analyzer::encode_snapshot(history));
  return 0;
}
