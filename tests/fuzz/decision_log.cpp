// Lines of decision logs: read or refused, and what is read has one text. The lines are tried
// without their frames, or nothing would get past the checksums; the frames are tried by
// themselves.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/ensure.hpp"
#include "lib/decision_log/objects.hpp"
#include "lib/decision_log/record.hpp"
#include "lib/decision_log/replay.hpp"

namespace {

using namespace berth;
using namespace berth::decision_log;

Result<std::shared_ptr<const allocation::TimeZone>> find_utc(std::string_view) {
  return allocation::TimeZone::utc();
}

void take_frames(std::string_view bytes) {
  constexpr std::size_t kLineBytes = 1'000;
  for (;;) {
    const auto found = take_framed(bytes, kLineBytes);
    if (!found || !*found)
      return;
    ensure((*found)->bytes <= bytes.size() && (*found)->line.size() <= kLineBytes, "a frame ends");
    bytes.remove_prefix((*found)->bytes);
  }
}

/// Whether the object's text reads back as the same text.
void ensure_stable(const Change& change) {
  if (!change.now)
    return;
  std::visit(
      [&](const auto& object) {
        if constexpr (!std::same_as<std::remove_cvref_t<decltype(object)>, SettingValue>) {
          const std::string text = text_of(object);
          const auto again = read_change(change_line(change.kind, change.id, &text), find_utc);
          ensure(again.has_value(), "what was read can be read again");
          using T = std::remove_cvref_t<decltype(object)>;
          ensure(text_of(std::get<T>(*again->now)) == text, "an object has one text");
        }
      },
      *change.now);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  take_frames(text);
  allocation::ClusterState state;
  allocation::Policy policy;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    switch (kind_of(line)) {
    case LineKind::Picture: static_cast<void>(read_picture(line)); break;
    case LineKind::Cycle:
      if (const auto cycle = read_cycle(line))
        ensure(read_cycle(line_of(*cycle)).value_or(CycleLine{}) == *cycle, "a cycle has one text");
      break;
    case LineKind::Audit:
      if (const auto entry = read_entry(line))
        ensure(read_entry(line_of(*entry)).value_or(AuditEntry{}) == *entry,
               "an entry has one text");
      break;
    case LineKind::Change:
      if (const auto change = read_change(line, find_utc)) {
        ensure_stable(*change);
        static_cast<void>(apply_change(*change, state, policy));
      }
      break;
    }
  }
  return 0;
}
