#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/kube/line_framer.hpp"

using namespace berth;
using namespace berth::kube;

namespace {

std::vector<std::string> lines_of(LineFramer& framer) {
  std::vector<std::string> lines;
  for (;;) {
    const auto line = framer.next();
    REQUIRE(line);
    if (!*line)
      return lines;
    lines.emplace_back(**line);
  }
}

} // namespace

TEST_CASE("LineFramer gives the same lines wherever the bytes were split (F2)") {
  const bool holds = rc::check([](const std::vector<std::string>& words) {
    std::string bytes;
    std::vector<std::string> expected;
    for (std::string word : words) {
      std::erase(word, '\n');
      bytes += word + '\n';
      if (word.find_first_not_of(" \t\r") != std::string::npos)
        expected.push_back(word);
    }
    bytes += "a line that was cut";
    LineFramer framer(1 << 20);
    std::vector<std::string> found;
    while (!bytes.empty()) {
      const auto piece = *rc::gen::inRange<std::size_t>(1, bytes.size() + 1);
      framer.push(std::string_view(bytes).substr(0, piece));
      bytes.erase(0, piece);
      for (auto& line : lines_of(framer))
        found.push_back(std::move(line));
    }
    RC_ASSERT(found == expected);
  });
  CHECK(holds);
}

TEST_CASE("LineFramer accepts a line of exactly its limit and refuses one byte more") {
  LineFramer framer(8);
  framer.push("12345678\n");
  CHECK(lines_of(framer) == std::vector<std::string>{"12345678"});
  framer.push("123456789\n");
  const auto line = framer.next();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == Code::TooLarge);
}

TEST_CASE("LineFramer refuses an endless line before its end comes") {
  LineFramer framer(8);
  framer.push("12345678");
  CHECK(framer.next()->has_value() == false);
  framer.push("9");
  CHECK_FALSE(framer.next());
}
