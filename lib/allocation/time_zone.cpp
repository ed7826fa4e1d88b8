#include "lib/allocation/time_zone.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace berth::allocation {
namespace {

using std::chrono::seconds;

/// No clock of the world is, or was, a day away from UTC; nor are there more changes than this.
constexpr seconds kOffsetMax = std::chrono::hours{26};
constexpr std::uint32_t kChangesMax = 10'000;
/// Outside these years calendar arithmetic is not ours to promise; files use them for "always".
constexpr std::int64_t kEarliest = -62'135'596'800; // 0001-01-01
constexpr std::int64_t kLatest = 253'402'300'799;   // 9999-12-31

/// Big-endian numbers from the front; once it ran short it stays short.
class ByteReader {
public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  [[nodiscard]] bool ran_short() const { return ran_short_; }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return rest_; }

  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > rest_.size()) {
      ran_short_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::int64_t take_signed(std::size_t width) {
    std::uint64_t value = 0;
    const auto bytes = take(width);
    for (const std::uint8_t byte : bytes)
      value = value << 8U | byte;
    return width == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                      : static_cast<std::int64_t>(value);
  }
  std::uint32_t take_count() { return static_cast<std::uint32_t>(take_signed(4)); }

private:
  std::span<const std::uint8_t> rest_;
  bool ran_short_ = false;
};

/// The six counts of a TZif header, in the order of the file.
struct Header {
  char version = 0;
  std::uint32_t ut_indicators = 0;
  std::uint32_t standard_indicators = 0;
  std::uint32_t leap_seconds = 0;
  std::uint32_t changes = 0;
  std::uint32_t types = 0;
  std::uint32_t name_bytes = 0;

  [[nodiscard]] std::uint64_t body_bytes(std::uint64_t time_width) const {
    return changes * (time_width + 1) + types * std::uint64_t{6} + name_bytes +
           leap_seconds * (time_width + 4) + standard_indicators + std::uint64_t{ut_indicators};
  }
};

std::optional<Header> take_header(ByteReader& reader) {
  const auto magic = reader.take(4);
  if (magic.size() != 4 || std::memcmp(magic.data(), "TZif", 4) != 0)
    return std::nullopt;
  Header header;
  const auto version = reader.take(1);
  reader.take(15);
  header.ut_indicators = reader.take_count();
  header.standard_indicators = reader.take_count();
  header.leap_seconds = reader.take_count();
  header.changes = reader.take_count();
  header.types = reader.take_count();
  header.name_bytes = reader.take_count();
  if (reader.ran_short() || header.types == 0 || header.changes > kChangesMax)
    return std::nullopt;
  header.version = static_cast<char>(version.front());
  return header;
}

struct Body {
  std::vector<std::int64_t> times;
  std::vector<std::uint8_t> type_of;
  std::vector<seconds> offsets;
};

/// One data block; nothing if it is cut short or points outside itself.
std::optional<Body> take_body(ByteReader& reader, const Header& header, std::size_t time_width) {
  if (header.body_bytes(time_width) > reader.rest().size())
    return std::nullopt;
  Body body;
  for (std::uint32_t i = 0; i < header.changes; ++i)
    body.times.push_back(reader.take_signed(time_width));
  const auto types = reader.take(header.changes);
  body.type_of.assign(types.begin(), types.end());
  for (std::uint32_t i = 0; i < header.types; ++i) {
    body.offsets.emplace_back(reader.take_signed(4));
    reader.take(2); // whether it is daylight saving, and its name
    if (body.offsets.back() > kOffsetMax || body.offsets.back() < -kOffsetMax)
      return std::nullopt;
  }
  reader.take(header.name_bytes + header.leap_seconds * (time_width + 4) +
              header.standard_indicators + header.ut_indicators);
  const bool types_exist = std::all_of(body.type_of.begin(), body.type_of.end(),
                                       [&](std::uint8_t type) { return type < header.types; });
  const bool in_order = std::adjacent_find(body.times.begin(), body.times.end(),
                                           std::greater_equal<>()) == body.times.end();
  return types_exist && in_order ? std::optional{std::move(body)} : std::nullopt;
}

/// The rule between two line feeds at the end of the file; an empty one says nothing.
std::optional<std::string_view> footer_of(std::span<const std::uint8_t> rest) {
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  if (text.empty() || text.front() != '\n')
    return std::nullopt;
  const auto end = text.find('\n', 1);
  return end == std::string_view::npos ? std::nullopt : std::optional{text.substr(1, end - 1)};
}

} // namespace

std::shared_ptr<const TimeZone> TimeZone::utc() {
  TimeZone zone;
  zone.name_ = "UTC";
  return std::make_shared<const TimeZone>(std::move(zone));
}

Result<std::shared_ptr<const TimeZone>> TimeZone::from_tzif(std::string name,
                                                            std::span<const std::uint8_t> bytes) {
  const auto invalid = [&](std::string_view what) {
    return fail(Code::Invalid, "time zone " + name.substr(0, 64) + ": " + std::string(what));
  };
  if (bytes.size() > kFileBytesMax)
    return invalid("the file is too large");
  ByteReader reader(bytes);
  auto header = take_header(reader);
  if (!header)
    return invalid("not a TZif file");
  std::size_t time_width = 4;
  if (header->version >= '2') { // the 32-bit block is there for old readers; the real one follows
    if (header->body_bytes(4) > reader.rest().size())
      return invalid("the file is cut short");
    reader.take(static_cast<std::size_t>(header->body_bytes(4)));
    header = take_header(reader);
    time_width = 8;
  }
  const auto body = header ? take_body(reader, *header, time_width) : std::nullopt;
  if (!body)
    return invalid("the file is damaged");

  TimeZone zone;
  zone.name_ = name;
  zone.first_offset_ = body->offsets.front();
  for (std::size_t i = 0; i < body->times.size(); ++i) {
    const seconds at{std::clamp(body->times[i], kEarliest, kLatest)};
    zone.changes_.push_back(Change{UtcSeconds{at}, body->offsets[body->type_of[i]]});
  }
  if (time_width == 8) {
    const auto footer = footer_of(reader.rest());
    if (!footer)
      return invalid("the rule for later years is missing");
    if (!footer->empty()) {
      BERTH_TRY(zone.afterwards_, PosixTz::parse(*footer));
    }
  }
  return std::make_shared<const TimeZone>(std::move(zone));
}

seconds TimeZone::offset_at(UtcSeconds instant) const {
  if (afterwards_ && (changes_.empty() || instant >= changes_.back().at))
    return afterwards_->offset_at(instant);
  const auto after =
      std::upper_bound(changes_.begin(), changes_.end(), instant,
                       [](UtcSeconds wanted, const Change& change) { return wanted < change.at; });
  return after == changes_.begin() ? first_offset_ : std::prev(after)->offset;
}

LocalSeconds TimeZone::to_local(UtcSeconds instant) const {
  return LocalSeconds{(instant + offset_at(instant)).time_since_epoch()};
}

std::optional<UtcSeconds> TimeZone::next_change(UtcSeconds instant) const {
  const auto after =
      std::upper_bound(changes_.begin(), changes_.end(), instant,
                       [](UtcSeconds wanted, const Change& change) { return wanted < change.at; });
  for (auto change = after; change != changes_.end(); ++change)
    if (offset_at(change->at) != offset_at(change->at - seconds{1}))
      return change->at;
  if (!afterwards_)
    return std::nullopt;
  const UtcSeconds from = changes_.empty() ? instant : std::max(instant, changes_.back().at);
  return afterwards_->next_change(from);
}

UtcSeconds TimeZone::to_utc(LocalSeconds local) const {
  const UtcSeconds as_if_utc{local.time_since_epoch()};
  // Offsets lie within a day, so every instant that could show `local` lies within this stretch.
  UtcSeconds from = as_if_utc - kOffsetMax;
  const UtcSeconds until = as_if_utc + kOffsetMax;
  while (true) {
    const UtcSeconds candidate = as_if_utc - offset_at(from);
    const auto change = next_change(from);
    if (!change || candidate < *change)
      return std::max(candidate, from); // before `from` only where the clock jumped over `local`
    if (*change > until)
      return candidate;
    from = *change;
  }
}

} // namespace berth::allocation
