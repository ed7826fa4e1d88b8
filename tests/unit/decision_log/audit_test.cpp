// The audit: what a cycle grants, takes and refuses, told once, in words that stay.

#include <catch2/catch.hpp>

#include "lib/decision_log/record.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/reclaimed.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

Cycle cycle_of(World& world) {
  Cycle cycle;
  cycle.snapshot = world.snapshot();
  cycle.policy = world.policy;
  cycle.now = world.now;
  cycle.plan = std::make_shared<const allocation::Plan>(world.step());
  return cycle;
}

/// "Refuse ns-team-b/high Preempting"
std::vector<std::string> told_in(const ReadLog& log) {
  std::vector<std::string> told;
  for (const LoggedCycle& cycle : log.cycles)
    for (const AuditEntry& entry : cycle.audit)
      told.push_back(std::string(word_of(entry.verb)) + " " + entry.namespace_name + "/" +
                     entry.name + " " + std::string(to_string(entry.reason)));
  return told;
}

} // namespace

TEST_CASE("A reclaim is told from the first grant to the last refusal, each step once") {
  const TempFolder folder;
  log_reclaim(folder.path());
  const auto told = told_in(read_log(folder.path()));
  const auto place = [&](const std::string& entry) {
    INFO(entry);
    CHECK(std::ranges::count(told, entry) == 1);
    return std::ranges::find(told, entry) - told.begin();
  };
  const std::vector<std::int64_t> places{
      place("Grant ns-team-a/low Admitted"), place("Notice ns-team-a/low Preempted"),
      place("Take ns-team-a/low Preempted"), place("Grant ns-team-b/high Admitted")};
  CHECK(place("Refuse /night CalendarFull") > places.front());
  CAPTURE(told);
  CHECK(std::ranges::is_sorted(places));
}

TEST_CASE("A grant says what its quota held before, and counts those of the same cycle") {
  World world;
  world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(6));
  for (const char* name : {"a", "b"})
    world.add(pod(name).cpu(2));
  AuditBook book;
  const auto entries = book.note(cycle_of(world));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].why == "team-a held 0 of 6 cpu");
  CHECK(entries[1].why == "team-a held 2 of 6 cpu");
  CHECK(entries[0].nodes == std::vector<std::string>{"n1"});
  CHECK(entries[0].amounts.get(resources::ResourceName::cpu()) == resources::Amount{2000});
}

TEST_CASE("A refusal is told again only for another reason, or to a book that knows nothing") {
  World world;
  world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(2));
  world.add(pod("waits").cpu(4));
  AuditBook book;
  const auto first = book.note(cycle_of(world));
  REQUIRE(first.size() == 1);
  CHECK(first[0].verb == AuditVerb::Refuse);
  CHECK(first[0].reason == Reason::InsufficientQuota);
  CHECK(first[0].why.find("2") != std::string::npos);
  CHECK(book.note(cycle_of(world)).empty());
  CHECK(AuditBook{}.note(cycle_of(world)).size() == 1);
  allocation::QuotaSpec stopped = quota("team-a").of("team-a").pool("p").cpu(2);
  stopped.stop = allocation::Stop::Hold;
  world.add(stopped);
  const auto second = book.note(cycle_of(world));
  REQUIRE(second.size() == 1);
  CHECK(second[0].reason == Reason::QuotaStopped);
}

TEST_CASE("Entries of busy clusters are read back as they were told") {
  BusyWorld world(21);
  AuditBook book;
  std::size_t entries = 0;
  for (int i = 0; i < 60; ++i)
    for (const AuditEntry& entry : book.note(world.step())) {
      ++entries;
      const std::string line = line_of(entry);
      CHECK(kind_of(line) == LineKind::Audit);
      CHECK(line.find('\n') == std::string::npos);
      const auto again = read_entry(line);
      REQUIRE(again);
      CHECK(*again == entry);
    }
  CHECK(entries > 60);
}

TEST_CASE("Lines that are no entries are refused") {
  for (const char* line : {"{\"audit\":3}", "{\"audit\":{\"verb\":\"Lend\"}}",
                           "{\"audit\":{\"verb\":\"Grant\",\"reason\":\"Admitted\",\"colour\":1}}",
                           "{\"audit\":{\"verb\":\"Grant\",\"reason\":\"Admitted\"},\"more\":1}"}) {
    INFO(line);
    CHECK_FALSE(read_entry(line));
  }
}
