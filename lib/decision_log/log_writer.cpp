#include "lib/decision_log/log_writer.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "lib/decision_log/log_reader.hpp"
#include "lib/decision_log/record.hpp"

namespace berth::decision_log {
namespace {

/// Written at once; a picture of a large cluster is never in memory as one text.
constexpr std::size_t kBufferBytesMax = std::size_t{1} << 20U;

} // namespace

LogWriter::LogWriter(std::unique_ptr<SegmentStore> store, LogLimits limits,
                     std::uint64_t next_cycle)
    : store_(std::move(store)), limits_(limits), next_cycle_(next_cycle) {}

LogWriter::~LogWriter() {
  store_->finish();
}

void LogWriter::skip() {
  book_.forget();
  last_plan_ = nullptr;
}

bool LogWriter::needs_picture() const {
  return last_plan_ == nullptr || differences_ > std::max(picture_, kDifferencesBytesMin);
}

Result<void> LogWriter::append(const Cycle& cycle) {
  const bool is_full =
      is_open_ && written_ >= std::max<std::uint64_t>(1, limits_.bytes_max / limits_.segment_share);
  const bool is_whole = needs_picture() || !is_open_ || is_full;
  if (is_whole)
    skip();
  auto written = is_open_ && !is_full ? Result<void>{} : begin_segment();
  if (written)
    written = write(cycle, is_whole);
  if (written) {
    ++next_cycle_;
    last_plan_ = cycle.plan;
    return written;
  }
  buffer_.clear();
  skip();
  // What the disk took of the cycle must not stay; a segment that cannot even be cut is left.
  if (is_open_ && store_->cut(committed_))
    written_ = committed_;
  else
    is_open_ = false;
  return written;
}

Result<void> LogWriter::begin_segment() {
  store_->finish();
  is_open_ = false;
  BERTH_TRY(const auto segments, store_->list());
  others_.assign(segments.begin(), segments.end());
  others_bytes_ = 0;
  for (const Segment& segment : segments)
    others_bytes_ += segment.bytes;
  BERTH_CHECK(store_->begin(segment_name(next_cycle_)));
  is_open_ = true;
  written_ = committed_ = 0;
  return {};
}

/// So that `bytes` more have room.
Result<void> LogWriter::drop_oldest(std::uint64_t bytes) {
  while (!others_.empty() && others_bytes_ + written_ + bytes > limits_.bytes_max) {
    BERTH_CHECK(store_->remove(others_.front().name));
    others_bytes_ -= others_.front().bytes;
    others_.pop_front();
  }
  return {};
}

Result<void> LogWriter::write(const Cycle& cycle, bool is_whole) {
  Result<void> written;
  const auto take = [&](const std::string& line) {
    if (written)
      written = put(line);
  };
  if (is_whole)
    take(line_of(PictureLine{kFormat, BERTH_VERSION}));
  book_.note(cycle, take);
  CycleLine line{next_cycle_,
                 cycle.snapshot->generation.number,
                 cycle.snapshot->as_of,
                 cycle.now,
                 cycle.seed,
                 false,
                 {},
                 {}};
  Digest memory = last_memory_;
  if (last_plan_ == nullptr || cycle.policy.memory == nullptr ||
      *cycle.policy.memory != last_plan_->memory) {
    line.memory_follows = true;
    const allocation::AllocationMemory none;
    const std::string text = text_of(cycle.policy.memory == nullptr ? none : *cycle.policy.memory);
    memory = digest_of(text);
    take(change_line(Kind::Memory, {}, &text));
  }
  const PlanDigest plan = digest_plan(*cycle.plan);
  line.input = hex(book_.input_digest(cycle, memory));
  line.decision = plan.decision;
  take(line_of(line));
  BERTH_CHECK(std::move(written));
  BERTH_CHECK(flush());
  last_memory_ = plan.memory;
  const std::uint64_t added = written_ - std::exchange(committed_, written_);
  differences_ = is_whole ? 0 : differences_ + added;
  picture_ = is_whole ? added : picture_;
  return {};
}

Result<void> LogWriter::put(std::string_view line) {
  buffer_ += framed(line);
  return buffer_.size() < kBufferBytesMax ? Result<void>{} : flush();
}

Result<void> LogWriter::flush() {
  if (written_ + buffer_.size() > limits_.bytes_max)
    return fail(Code::TooLarge, "the picture of the cluster needs more than the " +
                                    std::to_string(limits_.bytes_max) +
                                    " bytes that the decision log may hold");
  BERTH_CHECK(drop_oldest(buffer_.size()));
  BERTH_CHECK(store_->append(buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<Recovery> recover(const std::string& folder) {
  Recovery recovery;
  auto segments = find_segments(folder);
  if (!segments && segments.error().code == Code::NotFound)
    return recovery;
  BERTH_CHECK(segments);
  const Segment& last = segments->back();
  BERTH_TRY(const SegmentEnd end, find_end(last.name));
  recovery.next_cycle = std::max(end.next_cycle, last.first_cycle + 1);
  if (end.bytes == last.bytes)
    return recovery;
  recovery.note = last.name + ": " + end.why;
  if (!end.is_torn)
    return recovery; // perhaps another version can read it
  std::error_code error;
  if (end.bytes == 0)
    std::filesystem::remove(last.name, error);
  else
    std::filesystem::resize_file(last.name, end.bytes, error);
  if (error)
    return fail(Code::Invalid, last.name + ": cannot be cut: " + error.message());
  recovery.note += "; cut " + std::to_string(last.bytes - end.bytes) + " bytes";
  return recovery;
}

} // namespace berth::decision_log
