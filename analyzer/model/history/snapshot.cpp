#include "analyzer/model/history/snapshot.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "lib/base/fnv.hpp"

namespace berth::analyzer {
namespace {

constexpr std::string_view kMagic = "BERTHIST";
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kDaysMax = 32;
constexpr std::size_t kSamplesMax = 20'000;
constexpr std::size_t kNameBytesMax = 1024;

class Writer {
public:
  template <class Number>
  void number(Number value) {
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      bytes_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU));
  }
  void name(std::string_view name) {
    number(static_cast<std::uint16_t>(name.size()));
    bytes_.append(name);
  }
  void bytes(std::span<const std::uint8_t> bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    bytes_.append(bytes.begin(), bytes.end());
  }
  [[nodiscard]] std::string take() && {
    number(fnv1a(bytes_));
    return std::move(bytes_);
  }
  void magic() { bytes_.append(kMagic); }

private:
  std::string bytes_;
};

/// Gives zeros once it is at the end; ok() then says so.
class Reader {
public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    std::uint64_t value = 0;
    const std::string_view taken = bytes(sizeof(Number));
    for (std::size_t i = 0; i < taken.size(); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    return static_cast<Number>(value);
  }
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view name() { return bytes(number<std::uint16_t>()); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
  bool ok_ = true;
};

struct NamedSeries {
  std::string name;
  std::vector<Aggregate> steps;
  std::vector<Sample> samples;
};

tl::unexpected<Error> damaged(const char* what) {
  return fail(Code::Invalid, std::string("the history snapshot is damaged: ") + what);
}

Result<NamedSeries> read_series(Reader& reader, Duration step, TimePoint now) {
  NamedSeries series;
  series.name = reader.name();
  if (series.name.empty() || series.name.size() > kNameBytesMax)
    return damaged("a series has no name");
  const std::size_t days = reader.number<std::uint16_t>();
  if (days > kDaysMax)
    return damaged("too many days");
  for (std::size_t i = 0; i < days; ++i) {
    const std::string_view bytes = reader.bytes(reader.number<std::uint32_t>());
    if (!reader.ok())
      break;
    BERTH_TRY(const auto day,
              PackedAggregates::decode(
                  {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, step));
    for (const Aggregate& one : day)
      if (one.start <= now)
        series.steps.push_back(one);
  }
  const std::size_t samples = reader.number<std::uint32_t>();
  if (samples > kSamplesMax)
    return damaged("too many samples");
  for (std::size_t i = 0; i < samples && reader.ok(); ++i) {
    const TimePoint at{Duration{reader.number<std::int64_t>()}};
    const auto value = std::bit_cast<float>(reader.number<std::uint32_t>());
    if (TimePoint{} <= at && at <= now)
      series.samples.push_back({at, value});
  }
  if (!reader.ok())
    return damaged("it is cut");
  return series;
}

} // namespace

std::string encode_snapshot(const History& history) {
  Writer writer;
  writer.magic();
  writer.number(kSnapshotVersion);
  writer.number(static_cast<std::uint64_t>(history.options().step.count()));
  writer.number(static_cast<std::uint32_t>(history.marks().size()));
  writer.number(static_cast<std::uint32_t>(history.series().size()));
  for (const auto& [name, mark] : history.marks()) {
    writer.name(name);
    writer.number(std::bit_cast<std::uint64_t>(mark.value));
    writer.number(static_cast<std::uint64_t>(mark.seen.time_since_epoch().count()));
  }
  for (const auto& [name, series] : history.series()) {
    writer.name(name);
    const auto days = series.packed().chunks();
    writer.number(static_cast<std::uint16_t>(days.size()));
    for (const auto day : days)
      writer.bytes(day);
    const auto samples = series.samples();
    writer.number(static_cast<std::uint32_t>(samples.size()));
    for (const Sample& sample : samples) {
      writer.number(static_cast<std::uint64_t>(sample.at.time_since_epoch().count()));
      writer.number(std::bit_cast<std::uint32_t>(static_cast<float>(sample.value)));
    }
  }
  return std::move(writer).take();
}

Result<void> decode_snapshot(std::string_view bytes, TimePoint now, History& into) {
  if (bytes.size() < kMagic.size() + kChecksumBytes || !bytes.starts_with(kMagic))
    return fail(Code::Invalid, "this is no history snapshot");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  Reader tail(bytes.substr(body.size()));
  if (tail.number<std::uint64_t>() != fnv1a(body))
    return damaged("its checksum is wrong");
  Reader reader(body.substr(kMagic.size()));
  if (reader.number<std::uint32_t>() != kSnapshotVersion)
    return fail(Code::Invalid, "the history snapshot is of another version");
  const Duration step = into.options().step;
  if (reader.number<std::uint64_t>() != static_cast<std::uint64_t>(step.count()))
    return fail(Code::Invalid, "the history snapshot has steps of another length");
  const auto marks = reader.number<std::uint32_t>();
  const auto series = reader.number<std::uint32_t>();
  History restored = into;
  for (std::uint32_t i = 0; i < marks && reader.ok(); ++i) {
    const std::string_view name = reader.name();
    const auto value = std::bit_cast<double>(reader.number<std::uint64_t>());
    const TimePoint seen{Duration{reader.number<std::int64_t>()}};
    restored.raise(name, value, std::clamp(seen, TimePoint{}, now));
  }
  for (std::uint32_t i = 0; i < series && reader.ok(); ++i) {
    BERTH_TRY(auto one, read_series(reader, step, now));
    restored.restore(std::move(one.name), one.steps, one.samples);
  }
  if (!reader.ok() || !reader.at_end())
    return damaged("it is cut or too long");
  into = std::move(restored);
  return {};
}

} // namespace berth::analyzer
