// The picture of a schedule: what its parts compute, and what it must and must not contain.

#include <catch2/catch.hpp>

#include "cli/simulate/picture/bands.hpp"
#include "cli/simulate/picture/picture.hpp"
#include "cli/simulate/picture/places.hpp"
#include "cli/simulate/picture/time_bins.hpp"
#include "tests/support/simulator/builders.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::simulator::testing;
using simulator::Scenario;

namespace {

std::string drawing_of(const Scenario& scenario) {
  return draw_schedule(scenario, play(scenario));
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

/// Quotas with one workload each, the later ones longer; their classes take turns.
Scenario with_quotas(int quotas, int classes) {
  auto made = scenario().node("a", 64).node("b", 64);
  for (int i = 0; i < quotas; ++i) {
    const std::string quota = "q" + std::to_string(i);
    made.quota(quota, 8);
    made.add(
        work("c" + std::to_string(i % classes)).of(quota).runs(std::chrono::seconds{1 + i}).cpu(1));
  }
  return made;
}

Legend legend_of(const Scenario& scenario) {
  return make_legend(scenario, Yardstick{resources::ResourceName::cpu()});
}

std::vector<std::pair<double, double>> pairs(const std::vector<Slot>& slots) {
  std::vector<std::pair<double, double>> pairs;
  for (const Slot& slot : slots)
    pairs.emplace_back(slot.from, slot.until);
  return pairs;
}

using Pairs = std::vector<std::pair<double, double>>;

} // namespace

TEST_CASE("Bins hold the mean of what spans held in them") {
  TimeBins bins(10s, 5);
  bins.add(0s, 10s, 1);  // all of it
  bins.add(1s, 2s, 4);   // half of the first
  bins.add(3s, 7s, 2);   // half of the second, all of the third, half of the fourth
  bins.add(9s, 99s, 6);  // half of the last, and what is beyond is cut off
  bins.add(-9s, -1s, 7); // nothing
  bins.add(4s, 4s, 7);
  CHECK(bins.means() == std::vector<double>{3, 2, 3, 2, 4});
}

TEST_CASE("Bars are stacked from the bottom up and take the first hole that has room") {
  BandSlots slots;
  CHECK(pairs(slots.take(0.25, 0s, 10s)) == Pairs{{0, 0.25}});
  CHECK(pairs(slots.take(0.5, 0s, 20s)) == Pairs{{0.25, 0.75}});
  CHECK(pairs(slots.take(0.25, 5s, 8s)) == Pairs{{0.75, 1}});
  CHECK(slots.take(0.25, 6s, 9s).empty()); // more than there is
  CHECK(pairs(slots.take(0.25, 10s, 30s)) == Pairs{{0, 0.25}});
}

TEST_CASE("A bar for which no hole is large enough is cut up") {
  BandSlots slots;
  CHECK(slots.take(0.25, 0s, 5s).size() == 1);
  CHECK(slots.take(0.5, 0s, 20s).size() == 1);
  CHECK(pairs(slots.take(0.5, 5s, 9s)) == Pairs{{0, 0.25}, {0.75, 1}});
}

TEST_CASE("Colours stand for quotas, for classes where quotas are too many, else for the largest") {
  const Legend few = legend_of(with_quotas(7, 3));
  CHECK(few.noun == "quota");
  CHECK(few.names.size() == 7);
  const Legend many = legend_of(with_quotas(20, 3));
  CHECK(many.noun == "class");
  CHECK(many.names == std::vector<std::string>{"c0", "c1", "c2"});
  const Legend others = legend_of(with_quotas(20, 20));
  CHECK(others.noun == "quota");
  CHECK(others.names == std::vector<std::string>{"q13", "q14", "q15", "q16", "q17", "q18", "q19",
                                                 "others"}); // they run longest
  CHECK(others.of_set[0] == 7);
  CHECK(others.of_set[19] == 6);
}

TEST_CASE("Ticks stand at round times, and never too many") {
  for (const Duration end : {Duration{1}, Duration{30}, Duration{66'100}, Duration{3'600'000},
                             Duration{std::chrono::hours{365 * 24}}}) {
    INFO(end.count());
    const auto ticks = TimeScale{end}.ticks();
    CHECK(ticks.front() == 0s);
    CHECK(ticks.size() <= 12);
  }
  CHECK(TimeScale{4h + 15min}.ticks()[1] == 30min);
}

TEST_CASE("A small schedule is drawn bar by bar, with the class in it and the story on it") {
  const std::string drawing = drawing_of(scenario()
                                             .node("a", 2)
                                             .node("b", 2)
                                             .quota("team", 4)
                                             .add(work("gang").runs(60s).members(2).cpu(2))
                                             .add(work("late").at(1s).runs(59s).cpu(2)));
  CHECK(count(drawing, "gang of team on a: waited 0s, ran 1m, gang of 2") == 1);
  CHECK(count(drawing, "gang of team on b: waited 0s, ran 1m, gang of 2") == 1);
  CHECK(count(drawing, ": waited 59s, ran 59s") == 1);
  CHECK(count(drawing, ">gang</text>") == 2);
  CHECK(drawing.find("cpu in use") != std::string::npos);
  CHECK(drawing.find("Workloads that wait") != std::string::npos);
}

TEST_CASE("Nodes that have none of the resource used most are measured by the next") {
  const std::string drawing =
      drawing_of(scenario()
                     .node("g", 4, 2)
                     .node("c", 4)
                     .quota("team")
                     .add(work("train").runs(60s).asks("nvidia.com/gpu", 2))
                     .add(work("plain").runs(60s).selects("kubernetes.io/hostname", "c").cpu(2)));
  CHECK(drawing.find("each node's nvidia.com/gpu or else cpu") != std::string::npos);
  CHECK(count(drawing, "train of team on g") == 1);
  CHECK(count(drawing, "plain of team on c") == 1);
}

TEST_CASE("A schedule with more nodes than bands is drawn in rows of cells") {
  auto made = scenario().quota("team", 1000);
  for (int i = 0; i < 200; ++i)
    made.node("node-" + std::to_string(i), 2);
  const Scenario large = made.add(work("job").times(100).runs(60s).cpu(1));
  const std::string drawing = drawing_of(large);
  CHECK(drawing.find("Who ran where: the colour of the quota") != std::string::npos);
  CHECK(drawing.size() < 1U << 20U);
}

TEST_CASE("With one node for everything the rows are the quotas") {
  const std::string drawing = drawing_of(scenario()
                                             .node("everything", 100)
                                             .quota("team", 4)
                                             .quota("other", 2)
                                             .add(work("job").runs(60s).cpu(1))
                                             .add(work("job").of("other").runs(60s).cpu(2)));
  CHECK(drawing.find("team: 25 % of its nominal cpu in use, most by team") != std::string::npos);
  CHECK(drawing.find("other: 100 % of its nominal cpu in use, most by other") != std::string::npos);
}

TEST_CASE("Names from the file cannot leave their place in the drawing") {
  const std::string evil = "<script>alert(\"1\")</script>&\x01";
  const Scenario hostile = scenario().node(evil, 2).node("b", 2).quota(evil, 4).add(
      work(evil).of(evil).runs(600s).cpu(2));
  const auto run = play(hostile);
  for (const std::string& text : {draw_schedule(hostile, run), schedule_page(hostile, run)}) {
    CHECK(text.find("<script") == std::string::npos);
    CHECK(text.find('\x01') == std::string::npos);
    CHECK(text.find("&lt;script&gt;alert(&quot;1&quot;)") != std::string::npos);
  }
}

TEST_CASE("A picture refers to nothing outside itself and runs nothing") {
  const Scenario any = with_quotas(3, 2);
  const std::string page = schedule_page(any, play(any));
  for (const char* word : {"<script", "href", "src=", "url(", "@import", "onload"}) {
    INFO(word);
    CHECK(page.find(word) == std::string::npos);
  }
  CHECK(count(page, "http") == 1); // the name space of SVG
}

TEST_CASE("Reservations are bands over the axis of time, and on the nodes where they lie") {
  auto refused = window("too much", 99, 60s, 30s);
  const Scenario reserved = scenario()
                                .node("a", 4)
                                .node("b", 4)
                                .quota("team", 8)
                                .reserves(window("nightly", 4, 60s, 30s))
                                .reserves(refused)
                                .add(work("job").runs(120s).cpu(1));
  const std::string drawing = drawing_of(reserved);
  CHECK(drawing.find("Reservations: the windows of each") != std::string::npos);
  CHECK(count(drawing, "<title>nightly: cpu 4 from 1m to 1m30s</title>") == 2);
  CHECK(count(drawing, "class=\"reserved\"") == 2); // in its row, and on its node
  CHECK(count(drawing, "not accepted: ") == 1);
  CHECK(drawing_of(with_quotas(2, 2)).find("Reservations") == std::string::npos);
}

TEST_CASE("A schedule of nothing is an empty picture") {
  CHECK(drawing_of(scenario().node("n", 1).quota("team")).ends_with("</svg>\n"));
  CHECK(drawing_of(scenario()).ends_with("</svg>\n"));
  CHECK(drawing_of(scenario().node("n", 1).quota("team", 9).add(work("huge").cpu(7)))
            .find("1 never started") != std::string::npos);
}

TEST_CASE("A picture's name says what it is") {
  CHECK(is_picture_name("a.svg"));
  CHECK(is_picture_name("a/b.html"));
  CHECK_FALSE(is_picture_name("a.png"));
  CHECK_FALSE(is_picture_name("svg"));
}
