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

void LogWriter::skip(std::uint64_t cycles) {
  missing_ += cycles;
  forget();
}

void LogWriter::forget() {
  books_ = Books{};
  last_plan_ = nullptr;
}

bool LogWriter::needs_picture() const {
  return last_plan_ == nullptr || differences_ > std::max(picture_, kDifferencesBytesMin);
}

/// Below twice the picture, differences would be the smaller part of a segment.
std::uint64_t LogWriter::segment_bytes() const {
  return std::max({std::uint64_t{1}, limits_.bytes_max / limits_.segment_share, 2 * picture_});
}

std::uint64_t LogWriter::bytes_needed() const {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  return (kPicturesMin * picture_ + kMebibyte - 1) / kMebibyte * kMebibyte;
}

Result<void> LogWriter::append(const Cycle& cycle) {
  const bool is_full = is_open_ && written_ >= segment_bytes();
  const bool is_whole = needs_picture() || !is_open_ || is_full;
  auto written = is_open_ && !is_full ? Result<void>{} : begin_segment();
  if (written)
    written = write(cycle, is_whole);
  if (!written && written.error().code == Code::TooLarge && is_open_ && committed_ > 0) {
    // No room beside what its segment holds; in one of its own there may be.
    undo();
    written = begin_segment();
    if (written)
      written = write(cycle, true);
  }
  if (!written) {
    undo();
    ++missing_;
    return written;
  }
  ++next_cycle_;
  missing_ = 0;
  last_plan_ = cycle.plan;
  return written;
}

/// What the disk took of the cycle must not stay; a segment that cannot even be cut is left.
void LogWriter::undo() {
  buffer_.clear();
  forget();
  if (is_open_ && store_->cut(committed_))
    written_ = committed_;
  else
    is_open_ = false;
}

Result<void> LogWriter::begin_segment() {
  store_->finish();
  is_open_ = false;
  const std::string name = segment_name(next_cycle_);
  BERTH_TRY(const auto segments, store_->list());
  others_.clear();
  others_bytes_ = 0;
  for (const Segment& segment : segments)
    if (segment.name != name) { // else it was given up, and is written anew
      others_.push_back(segment);
      others_bytes_ += segment.bytes;
    }
  BERTH_CHECK(store_->begin(name));
  is_open_ = true;
  written_ = committed_ = 0;
  return {};
}

Result<void> LogWriter::write(const Cycle& cycle, bool is_whole) {
  if (is_whole)
    forget();
  Record record{cycle, is_whole, books_, {}, 0};
  Result<void> written;
  const auto take = [&](const std::string& line) {
    if (written)
      written = put(record, line);
  };
  const Digest memory = tell(record, books_, take);
  BERTH_CHECK(std::move(written));
  BERTH_CHECK(flush(record));
  last_memory_ = memory;
  const std::uint64_t added = written_ - std::exchange(committed_, written_);
  differences_ = is_whole ? 0 : differences_ + added;
  picture_ = is_whole ? added : picture_;
  return {};
}

/// All lines of a record. Gives the digest of the memory that its plan leaves.
Digest LogWriter::tell(const Record& record, Books& books, const TakeLine& take) const {
  const Cycle& cycle = record.cycle;
  if (record.is_whole)
    take(line_of(PictureLine{kFormat, BERTH_VERSION, missing_}));
  books.inputs.note(cycle, take);
  for (const AuditEntry& entry : books.audit.note(cycle))
    take(line_of(entry));
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
  PlanDigest plan = digest_plan(*cycle.plan);
  line.input = hex(books.inputs.input_digest(cycle, memory));
  line.decision = std::move(plan.decision);
  take(line_of(line));
  return plan.memory;
}

Result<void> LogWriter::put(Record& record, std::string_view line) {
  buffer_ += framed(line);
  return buffer_.size() < kBufferBytesMax ? Result<void>{} : flush(record);
}

Result<void> LogWriter::flush(Record& record) {
  if (others_bytes_ + written_ + buffer_.size() > limits_.bytes_max)
    BERTH_CHECK(make_room(record));
  for (;;) {
    auto appended = store_->append(buffer_);
    if (appended)
      break;
    if (appended.error().code != Code::TooLarge)
      return appended;
    BERTH_CHECK(store_->cut(written_));
    if (!give_way(record))
      return appended;
  }
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

/// Told once more, to nobody: seldom, since it is asked only when something has to go.
std::uint64_t LogWriter::size_of(Record& record) {
  if (record.bytes)
    return *record.bytes;
  std::uint64_t bytes = 0;
  Books books = record.before;
  tell(record, books, [&](const std::string& line) { bytes += framed(line).size(); });
  if (record.is_whole)
    picture_ = bytes;
  record.bytes = bytes;
  return bytes;
}

/// So that the whole record has room within the limit.
Result<void> LogWriter::make_room(Record& record) {
  const std::uint64_t bytes = size_of(record);
  if (committed_ + bytes > limits_.bytes_max)
    return fail(Code::TooLarge,
                "the picture of the cluster needs " + std::to_string(bytes) +
                    " bytes and the decision log may hold " + std::to_string(limits_.bytes_max) +
                    ": raise --decision-log-max-bytes to " + std::to_string(bytes_needed()));
  while (!others_.empty() && others_bytes_ + committed_ + bytes > limits_.bytes_max)
    BERTH_CHECK(drop_oldest());
  return {};
}

/// The volume is full. False if nothing can go for the record, or all of it would not be enough.
bool LogWriter::give_way(Record& record) {
  if (others_.empty() || ++record.drops > kDropsPerRecordMax ||
      committed_ + size_of(record) > others_bytes_ + written_)
    return false;
  return drop_oldest().has_value();
}

Result<void> LogWriter::drop_oldest() {
  BERTH_CHECK(store_->remove(others_.front().name));
  others_bytes_ -= others_.front().bytes;
  others_.pop_front();
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

Result<OpenedLog> open_log(const std::string& folder, LogLimits limits) {
  BERTH_TRY(auto store, open_folder(folder));
  BERTH_TRY(Recovery recovery, recover(folder));
  return OpenedLog{std::make_unique<LogWriter>(std::move(store), limits, recovery.next_cycle),
                   std::move(recovery.note)};
}

} // namespace berth::decision_log
