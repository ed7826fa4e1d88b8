#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "lib/decision_log/log_writer.hpp"
#include "lib/decision_log/replay.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

namespace fs = std::filesystem;

std::vector<Cycle> cycles_of(std::uint64_t seed, int count) {
  BusyWorld world(seed);
  std::vector<Cycle> cycles;
  for (int i = 0; i < count; ++i)
    cycles.push_back(world.step());
  return cycles;
}

void write_all(LogWriter& writer, const std::vector<Cycle>& cycles) {
  for (const Cycle& cycle : cycles)
    REQUIRE(writer.append(cycle));
}

/// The numbers of the cycles that replay as they were recorded.
std::vector<std::uint64_t> replayed_cycles(const ReadLog& log) {
  std::vector<std::uint64_t> cycles;
  Replayer replayer;
  for (const LoggedCycle& logged : log.cycles) {
    const auto replayed = replayer.play(logged);
    REQUIRE(replayed);
    CHECK(difference(logged.line, *replayed) == "");
    cycles.push_back(logged.line.cycle);
  }
  return cycles;
}

ReadLog read_disk(const Disk& disk) {
  return read_log(CopiedDisk(disk).path());
}

std::string only_file(const TempFolder& folder) {
  return folder.path() + "/" + segment_name(1);
}

} // namespace

TEST_CASE("A log that a crash tore anywhere is read up to its last whole cycle") {
  const TempFolder folder;
  const auto cycles = cycles_of(3, 4);
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    write_all(writer, cycles);
  }
  const std::uint64_t whole = fs::file_size(only_file(folder));
  std::size_t most = cycles.size();
  for (std::uint64_t size = whole - 1; size > 0; size -= std::min<std::uint64_t>(size, 997)) {
    fs::resize_file(only_file(folder), size);
    const ReadLog log = read_log(folder.path());
    REQUIRE(log.notices.size() <= 1);
    for (const Notice& notice : log.notices)
      CHECK_FALSE(notice.is_damage);
    CHECK(log.cycles.size() <= most);
    most = log.cycles.size();
    CHECK(replayed_cycles(log).size() == most);
  }
  CHECK(most == 0);
}

TEST_CASE("After a crash the tail is cut, said, and the next program goes on counting") {
  const TempFolder folder;
  const auto cycles = cycles_of(4, 6);
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    write_all(writer, {cycles.begin(), cycles.begin() + 3});
  }
  fs::resize_file(only_file(folder), fs::file_size(only_file(folder)) - 5);
  const auto recovery = recover(folder.path());
  REQUIRE(recovery);
  CHECK(recovery->next_cycle == 3);
  CHECK(recovery->note.find("its last record was not written to its end; cut ") !=
        std::string::npos);
  CHECK(recover(folder.path())->note.empty());
  {
    LogWriter writer(*open_folder(folder.path()), {}, recovery->next_cycle);
    write_all(writer, {cycles.begin() + 3, cycles.end()});
  }
  const ReadLog log = read_log(folder.path());
  CHECK(log.notices.empty());
  CHECK(replayed_cycles(log) == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("A folder that is new or empty begins with cycle 1; a torn first picture goes") {
  const TempFolder folder;
  CHECK(recover(folder.path() + "/new")->next_cycle == 1);
  CHECK(recover(folder.path())->next_cycle == 1);
  std::ofstream(only_file(folder)) << "1";
  CHECK_FALSE(recover(folder.path())->note.empty());
  CHECK_FALSE(fs::exists(only_file(folder)));
}

TEST_CASE("A segment of another version is left alone, and told") {
  const TempFolder folder;
  const std::string foreign =
      framed(R"({"format":99,"program":"9"})") + framed(R"({"cycle":1,"x":1})");
  std::ofstream(only_file(folder), std::ios::binary) << foreign;
  const auto recovery = recover(folder.path());
  REQUIRE(recovery);
  CHECK(recovery->next_cycle == 2);
  CHECK_FALSE(recovery->note.empty());
  CHECK(fs::file_size(only_file(folder)) == foreign.size());
  const ReadLog log = read_log(folder.path());
  CHECK(log.cycles.empty());
  REQUIRE(log.notices.size() == 1);
  CHECK(log.notices[0].is_damage);
  CHECK(log.notices[0].text.find("written in another format than ") != std::string::npos);
}

TEST_CASE("A damaged segment costs its rest; the next one is read") {
  const TempFolder folder;
  const auto cycles = cycles_of(5, 6);
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    write_all(writer, {cycles.begin(), cycles.begin() + 3});
  }
  {
    LogWriter writer(*open_folder(folder.path()), {}, 4);
    write_all(writer, {cycles.begin() + 3, cycles.end()});
  }
  std::fstream file(only_file(folder), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(fs::file_size(only_file(folder))) - 20);
  file.put('#');
  file.close();
  const ReadLog log = read_log(folder.path());
  REQUIRE(log.notices.size() == 1);
  CHECK(log.notices[0].is_damage);
  CHECK(replayed_cycles(log) == std::vector<std::uint64_t>{1, 2, 4, 5, 6});
}

TEST_CASE("The log never holds more than its limit; the oldest segments go") {
  Disk disk;
  LogLimits limits;
  limits.bytes_max = 500'000;
  limits.segment_share = 4;
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
  BusyWorld world(6);
  for (int i = 0; i < 150; ++i) {
    REQUIRE(writer.append(world.step()));
    CHECK(disk.used() <= limits.bytes_max);
  }
  CHECK(disk.files.size() >= 2);
  CHECK_FALSE(disk.files.contains(segment_name(1)));
  const auto cycles = replayed_cycles(read_disk(disk));
  CHECK(cycles.back() == 150);
  CHECK(cycles.size() > 1);
}

TEST_CASE("A broken disk costs the cycles that it does not take; then a whole picture follows") {
  Disk disk;
  LogWriter writer(std::make_unique<DiskStore>(disk), {}, 1);
  const auto cycles = cycles_of(8, 9);
  write_all(writer, {cycles.begin(), cycles.begin() + 3});
  const std::uint64_t before = disk.used();
  disk.is_broken = true;
  for (std::size_t i = 3; i < 6; ++i) {
    CHECK_FALSE(writer.append(cycles[i]));
    CHECK(disk.used() == before);
  }
  disk.is_broken = false;
  write_all(writer, {cycles.begin() + 6, cycles.end()});
  const ReadLog log = read_disk(disk);
  REQUIRE(log.cycles.size() == 6);
  CHECK(log.cycles[3].is_whole);
  CHECK(log.cycles[3].missing == 3);
  CHECK(replayed_cycles(log) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("Nothing is written twice: only a first cycle is a whole picture") {
  Disk disk;
  LogWriter writer(std::make_unique<DiskStore>(disk), {}, 1);
  write_all(writer, cycles_of(9, 10));
  const ReadLog log = read_disk(disk);
  for (std::size_t i = 0; i < log.cycles.size(); ++i) {
    CHECK(log.cycles[i].is_whole == (i == 0));
    CHECK(log.cycles[i].line.memory_follows == (i == 0));
  }
}
