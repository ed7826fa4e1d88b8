#include "lib/picture/svg.hpp"

#include <catch2/catch.hpp>

namespace berth::picture {

TEST_CASE("texts from files cannot become elements, attributes or control characters") {
  CHECK(xml_escaped("a<b>&\"c\"\n\x7f") == "a&lt;b&gt;&amp;&quot;c&quot;??");
  CHECK(xml_escaped("größer") == "größer");
}

TEST_CASE("numbers are written to a tenth") {
  CHECK(svg_number(1) == "1");
  CHECK(svg_number(1.25) == "1.2");
  CHECK(svg_number(-0.01) == "0");
}

TEST_CASE("a document holds its elements in the order in which they were drawn") {
  Svg svg;
  svg.rect({1, 2, 3, 4}, " fill=\"red\"", "a & b");
  svg.line(0, 0, 1, 1, "");
  const auto text = svg.document(10, 20, "what it shows");
  CHECK(text.find("viewBox=\"0 0 10 20\"") != std::string::npos);
  CHECK(text.find("aria-label=\"what it shows\"") != std::string::npos);
  const auto rect = text.find("<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" fill=\"red\">"
                              "<title>a &amp; b</title></rect>");
  REQUIRE(rect != std::string::npos);
  CHECK(text.find("<line ") > rect);
}

} // namespace berth::picture
