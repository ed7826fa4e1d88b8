// Text for a terminal: what is foreign is made harmless, what is ours is aligned.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/bar.hpp"
#include "cli/output/document.hpp"
#include "cli/output/table.hpp"
#include "cli/output/text.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using resources::Amount;

TEST_CASE("Control characters of foreign text never reach the terminal") {
  CHECK(printable("a\033[2Jb") == "a?[2Jb");
  CHECK(printable("line\r\nnext\x7f") == "line??next?");
  CHECK(printable("\xc2\x9b"
                  "31m") == "?31m"); // CSI as one character, in UTF-8
  CHECK(printable("Büro \xc2\xa0 \xe2\x82\xac") == "Büro \xc2\xa0 \xe2\x82\xac");
  CHECK(printable("\xc2") == "\xc2");
}

TEST_CASE("Durations have two units at the most") {
  CHECK(format_duration(0ms) == "0s");
  CHECK(format_duration(-5s) == "0s");
  CHECK(format_duration(59s) == "59s");
  CHECK(format_duration(60s) == "1m");
  CHECK(format_duration(130s) == "2m10s");
  CHECK(format_duration(3h) == "3h");
  CHECK(format_duration(3h + 59s) == "3h");
  CHECK(format_duration(3h + 5min + 59s) == "3h5m");
  CHECK(format_duration(98h) == "4d2h");
}

TEST_CASE("A table aligns what is wide in characters, not in bytes, and ends no line in blanks") {
  Table table({"NAME", "STATE", "NOTE"});
  table.add({"büro", "Ready", ""});
  table.add({"a", Cell{"NoNodes", Colour::Bad}, "why"});
  CHECK(table.str(Paint{}) == "NAME  STATE    NOTE\n"
                              "büro  Ready\n"
                              "a     NoNodes  why\n");
}

TEST_CASE("Colours take no width, and are there only when asked for") {
  Table table({"A", "B"});
  table.add({Cell{"x", Colour::Good}, "y"});
  CHECK(table.str(Paint{true}) == "\033[1mA\033[0m  \033[1mB\033[0m\n\033[32mx\033[0m  y\n");
  CHECK(table.str(Paint{false}).find('\033') == std::string::npos);
}

TEST_CASE("A cell cannot break out of its row") {
  Table table({"A"});
  table.add({"x\ny"});
  CHECK(table.str(Paint{}) == "A\nx?y\n");
}

TEST_CASE("A bar shows allocated, promised and measured parts of the whole") {
  CHECK(draw_bar({Amount{100}, Amount{50}, Amount{25}, std::nullopt}) == "[##########=====.....]");
  CHECK(draw_bar({Amount{100}, Amount{50}, Amount{0}, Amount{20}}) == "[###|######..........]");
  CHECK(draw_bar({Amount{100}, Amount{0}, Amount{0}, std::nullopt}) == "[....................]");
  CHECK(draw_bar({Amount{0}, Amount{5}, Amount{0}, std::nullopt}).empty());
}

TEST_CASE("A bar hides nothing that is there and is full only when all is taken") {
  CHECK(draw_bar({Amount{1000}, Amount{1}, Amount{1}, std::nullopt}) == "[#=..................]");
  CHECK(draw_bar({Amount{1000}, Amount{999}, Amount{0}, std::nullopt}) == "[###################.]");
  CHECK(draw_bar({Amount{1000}, Amount{1000}, Amount{0}, std::nullopt}) ==
        "[####################]");
  CHECK(draw_bar({Amount{1000}, Amount{1500}, Amount{10}, Amount{3000}}) ==
        "[###################|]");
  CHECK(draw_bar({Amount{1000}, Amount{600}, Amount{400}, std::nullopt}) ==
        "[############========]");
}

TEST_CASE("YAML keeps texts as texts and numbers as numbers") {
  const nlohmann::json value{{"on", "yes"},
                             {"true", true},
                             {"count", 3},
                             {"none", nullptr},
                             {"list", {"1"}},
                             {"empty", nlohmann::json::array()},
                             {"map", nlohmann::json::object()}};
  CHECK(yaml_document(value) == "count: 3\n"
                                "empty: []\n"
                                "list:\n"
                                "  - \"1\"\n"
                                "map: {}\n"
                                "none: ~\n"
                                "on: \"yes\"\n"
                                "true: true\n");
}

TEST_CASE("JSON is indented, sorted and always UTF-8") {
  CHECK(json_document({{"b", 1}, {"a", "\xff"}}) ==
        "{\n  \"a\": \"\xef\xbf\xbd\",\n  \"b\": 1\n}\n");
  CHECK(yaml_document({{"a", "\xff"}}) == "a: \"\xef\xbf\xbd\"\n");
}

TEST_CASE("Measured amounts keep two or three digits, and nothing becomes zero") {
  const auto cpu = [](std::int64_t milli) {
    return shown_roughly(resources::ResourceName::cpu(), resources::Amount{milli});
  };
  CHECK(cpu(103'617) == "104");
  CHECK(cpu(9'949) == "9900m");
  CHECK(cpu(9'950) == "10");
  CHECK(cpu(403) == "403m");
  CHECK(cpu(1) == "1m");
  CHECK(cpu(0) == "0");
  const auto memory = [](std::int64_t mebi) {
    return shown_roughly(resources::ResourceName::memory(), resources::Amount{mebi << 20U});
  };
  CHECK(memory(73'400) == "72Gi");
  CHECK(memory(700) == "700Mi");
  CHECK(shown_roughly(resources::ResourceName::memory(), resources::Amount{5}) == "5");
  CHECK(shown_roughly(resources::ResourceName{"nvidia.com/gpu"}, resources::Amount{1234}) ==
        "1234");
  CHECK(shown_roughly(resources::ResourceName::cpu(), std::nullopt) == "-");
}
