#include "lib/base/text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace berth {
namespace {

TEST_CASE("A text is cut between characters, and only where it is too long") {
  const auto cut = [](std::string text, std::size_t bytes_max) {
    cut_text(text, bytes_max);
    return text;
  };
  CHECK(cut("abc", 3) == "abc");
  CHECK(cut("abc", 2) == "ab");
  CHECK(cut("a\xC3\xA4", 2) == "a"); // the second byte is half of a character
  CHECK(cut("a\xC3\xA4", 3) == "a\xC3\xA4");
  CHECK(cut("\xE2\x82\xAC", 2).empty());
}

TEST_CASE("A trimmed text has none of the blanks at its ends, and keeps those inside") {
  CHECK(trimmed(" \ta b\t ", " \t") == "a b");
  CHECK(trimmed("a", " ") == "a");
  CHECK(trimmed("\ta ", " ") == "\ta"); // a tab is no blank here
  CHECK(trimmed(" \t ", " \t").empty());
  CHECK(trimmed("", " ").empty());
}

TEST_CASE("A text that is trimmed at its end keeps its beginning") {
  CHECK(trimmed_end(" a \r\n", " \r\n") == " a");
  CHECK(trimmed_end("\r\n", " \r\n").empty());
  CHECK(trimmed_end("", " ").empty());
}

TEST_CASE("What is between the blanks comes back, whatever it is") {
  CHECK(rc::check([](const std::string& inside) {
    const std::string text = '[' + inside + ']';
    RC_ASSERT(trimmed(" \n" + text + "\n ", " \n") == text);
    RC_ASSERT(trimmed_end(" \n" + text + "\n ", " \n") == " \n" + text);
  }));
}

TEST_CASE("Lower case is of ASCII letters alone") {
  CHECK(lower_case("ResourcePool-AZaz09") == "resourcepool-azaz09");
  CHECK(lower_case("@[`{") == "@[`{"); // the neighbours of the letters
  CHECK(lower_case("\xC3\x84") == "\xC3\x84");
  CHECK(lower_case('Q') == 'q');
}

} // namespace
} // namespace berth
