#include "lib/decision_log/log_reader.hpp"

#include <algorithm>
#include <utility>

namespace berth::decision_log {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
constexpr const char* kTorn = "its last record was not written to its end";

} // namespace

Result<LineReader> LineReader::open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(Code::NotFound, path + ": cannot be opened");
  return LineReader(std::move(file));
}

/// False at the end of the file.
bool LineReader::fill() {
  buffer_.erase(0, std::exchange(used_, 0));
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  file_.read(buffer_.data() + before, static_cast<std::streamsize>(kReadBytes));
  buffer_.resize(before + static_cast<std::size_t>(file_.gcount()));
  return buffer_.size() > before;
}

Result<std::optional<std::string>> LineReader::next() {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    BERTH_TRY(const auto found, take_framed(rest, kLineBytesMax));
    if (found) {
      std::string line{found->line};
      used_ += found->bytes;
      bytes_ += found->bytes;
      return std::optional{std::move(line)};
    }
    if (!fill()) {
      torn_ = used_ < buffer_.size();
      return std::optional<std::string>{};
    }
  }
}

LogReader::LogReader(std::vector<Segment> segments, api::FindTimeZone find_zone, Reading reading)
    : segments_(std::move(segments)), find_zone_(std::move(find_zone)), reading_(reading) {}

void LogReader::note(std::string what, bool is_damage) {
  notices_.push_back({segments_[next_segment_ - 1].name + ": " + std::move(what), is_damage});
}

bool LogReader::open_next() {
  has_picture_ = false;
  while (next_segment_ < segments_.size()) {
    auto opened = LineReader::open(segments_[next_segment_++].name);
    if (opened) {
      lines_.emplace(*std::move(opened));
      return true;
    }
    notices_.push_back({opened.error().message, true});
  }
  lines_.reset();
  return false;
}

std::optional<LoggedCycle> LogReader::next() {
  while (lines_ || open_next()) {
    auto cycle = read_cycle_of_segment();
    if (cycle && *cycle)
      return *std::move(cycle);
    if (!cycle)
      note(cycle.error().message + "; the rest of it is left out", true);
    lines_.reset();
  }
  return std::nullopt;
}

/// Nothing at the end of the segment.
Result<std::optional<LoggedCycle>> LogReader::read_cycle_of_segment() {
  LoggedCycle cycle;
  bool is_begun = false;
  for (;; is_begun = true) {
    BERTH_TRY(const auto line, lines_->next());
    if (!line) {
      if (lines_->torn() || is_begun)
        note(kTorn, false);
      return std::optional<LoggedCycle>{};
    }
    if (kind_of(*line) == LineKind::Cycle) {
      BERTH_TRY(cycle.line, read_cycle(*line));
      if (!has_picture_)
        return fail(Code::Invalid, "it does not begin with a whole picture");
      if (cycle.missing > 0)
        note(std::to_string(cycle.missing) + " cycles before cycle " +
                 std::to_string(cycle.line.cycle) + " were not recorded",
             false);
      return std::optional{std::move(cycle)};
    }
    BERTH_CHECK(take_line(*line, cycle));
    if (std::max(cycle.changes.size(), cycle.audit.size()) > kChangesMax)
      return fail(Code::Invalid, "a cycle has more than 10000000 changes");
  }
}

/// Any line but a cycle's last.
Result<void> LogReader::take_line(const std::string& line, LoggedCycle& cycle) {
  switch (kind_of(line)) {
  case LineKind::Picture: {
    BERTH_TRY(const PictureLine picture, read_picture(line));
    cycle = LoggedCycle{true, {}, {}, {}, picture.missing};
    has_picture_ = true;
    break;
  }
  case LineKind::Audit: {
    BERTH_TRY(auto entry, read_entry(line));
    cycle.audit.push_back(std::move(entry));
    break;
  }
  case LineKind::Change:
    if (reading_ == Reading::Everything) {
      BERTH_TRY(auto change, read_change(line, find_zone_));
      cycle.changes.push_back(std::move(change));
    }
    break;
  case LineKind::Cycle: break;
  }
  return {};
}

Result<SegmentEnd> find_end(const std::string& path) {
  BERTH_TRY(auto lines, LineReader::open(path));
  SegmentEnd end;
  for (;;) {
    const auto line = lines.next();
    if (!line) {
      end.why = line.error().message;
      return end;
    }
    if (!*line) {
      end.is_torn = true;
      end.why = kTorn;
      return end;
    }
    if (kind_of(**line) != LineKind::Cycle)
      continue;
    const auto cycle = read_cycle(**line);
    if (!cycle) {
      end.why = cycle.error().message;
      return end;
    }
    end.bytes = lines.bytes();
    end.next_cycle = cycle->cycle + 1;
  }
}

} // namespace berth::decision_log
