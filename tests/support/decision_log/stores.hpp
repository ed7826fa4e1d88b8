#pragma once
// Where tests keep decision logs: a folder that goes with them, and a disk in memory that fills up.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "lib/decision_log/log_reader.hpp"
#include "lib/decision_log/segment_store.hpp"

namespace berth::decision_log::testing {

class TempFolder {
public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-log-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// The files of a folder, by name, on a disk of so many bytes. Outlives the store.
struct Disk {
  std::map<std::string, std::string> files{};
  std::uint64_t room = UINT64_MAX;
  bool is_broken = false; ///< takes half of what it is given, and fails
  std::size_t finished = 0;

  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, text] : files)
      bytes += text.size();
    return bytes;
  }
};

class DiskStore final : public SegmentStore {
public:
  explicit DiskStore(Disk& disk) : disk_(disk) {}

  Result<std::vector<Segment>> list() override {
    std::vector<Segment> segments;
    for (const auto& [name, text] : disk_.files)
      segments.push_back({name, 1, text.size()});
    return segments;
  }
  Result<void> begin(const std::string& name) override {
    written_ = name;
    disk_.files[name].clear();
    return {};
  }
  /// Takes what has room, as a disk does.
  Result<void> append(std::string_view bytes) override {
    if (disk_.is_broken) {
      disk_.files[written_] += bytes.substr(0, bytes.size() / 2);
      return fail(Code::Unavailable, "input/output error");
    }
    const auto left = disk_.room - std::min(disk_.room, disk_.used());
    disk_.files[written_] += bytes.substr(0, left);
    if (left < bytes.size())
      return fail(Code::TooLarge, "no space left on device");
    return {};
  }
  Result<void> cut(std::uint64_t bytes) override {
    disk_.files[written_].resize(bytes);
    return {};
  }
  void finish() override { ++disk_.finished; }
  Result<void> remove(const std::string& name) override {
    disk_.files.erase(name);
    return {};
  }

private:
  Disk& disk_;
  std::string written_;
};

/// What a disk in memory holds, as files.
class CopiedDisk {
public:
  explicit CopiedDisk(const Disk& disk) {
    for (const auto& [name, text] : disk.files)
      std::ofstream(folder_.path() + "/" + name, std::ios::binary) << text;
  }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }

private:
  TempFolder folder_;
};

/// Only UTC.
inline Result<std::shared_ptr<const allocation::TimeZone>> find_utc(std::string_view) {
  return allocation::TimeZone::utc();
}

struct ReadLog {
  std::vector<LoggedCycle> cycles{};
  std::vector<Notice> notices{};
};

/// The whole log at a path; empty if there is none.
inline ReadLog read_log(const std::string& path) {
  ReadLog log;
  auto segments = find_segments(path);
  if (!segments)
    return log;
  LogReader reader(*segments, find_utc);
  while (auto cycle = reader.next())
    log.cycles.push_back(*std::move(cycle));
  log.notices = reader.notices();
  return log;
}

} // namespace berth::decision_log::testing
