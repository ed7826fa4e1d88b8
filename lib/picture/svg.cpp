#include "lib/picture/svg.hpp"

#include <fmt/format.h>

namespace berth::picture {
namespace {

/// White paper, so that it looks the same on a dark screen and in print.
constexpr std::string_view kStyle = R"(<style>
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; fill: #1f2933; font-size: 12px; }
.title { font-size: 20px; font-weight: 600; }
.subtitle, .tick { fill: #5f6b7a; }
.panel { font-size: 14px; font-weight: 600; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.inside { font-size: 10px; font-weight: 600; text-anchor: middle; pointer-events: none; }
.empty { fill: #f1f3f5; }
.grid { stroke: #dfe3e8; stroke-width: 1; }
.axis { stroke: #9aa5b1; stroke-width: 1; }
.capacity { stroke: #1f2933; stroke-width: 1.5; stroke-dasharray: 5 4; }
.edge { stroke: #ffffff; stroke-width: 0.8; }
.reserved { fill: #1f2933; fill-opacity: 0.1; stroke: #1f2933; stroke-width: 1; stroke-dasharray: 3 2; }
.missed { fill: #d55e00; fill-opacity: 0.3; }
</style>
)";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

} // namespace

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text)
    switch (c) {
    case '&': escaped += "&amp;"; break;
    case '<': escaped += "&lt;"; break;
    case '>': escaped += "&gt;"; break;
    case '"': escaped += "&quot;"; break;
    default: escaped += is_control(c) ? '?' : c;
    }
  return escaped;
}

std::string svg_number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0"))
    text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

void Svg::add(std::string_view name, const std::string& attributes, std::string_view title) {
  elements_ += fmt::format("<{}{}", name, attributes);
  elements_ += title.empty() ? std::string("/>\n")
                             : fmt::format("><title>{}</title></{}>\n", xml_escaped(title), name);
}

void Svg::rect(const Box& box, std::string_view attributes, std::string_view title) {
  add("rect",
      fmt::format(R"( x="{}" y="{}" width="{}" height="{}"{})", svg_number(box.x),
                  svg_number(box.y), svg_number(box.width), svg_number(box.height), attributes),
      title);
}

void Svg::path(std::string_view steps, std::string_view attributes, std::string_view title) {
  add("path", fmt::format(R"( d="{}"{})", steps, attributes), title);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view attributes) {
  add("line",
      fmt::format(R"( x1="{}" y1="{}" x2="{}" y2="{}"{})", svg_number(x1), svg_number(y1),
                  svg_number(x2), svg_number(y2), attributes),
      {});
}

void Svg::text(double x, double y, std::string_view attributes, std::string_view text) {
  elements_ += fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", svg_number(x), svg_number(y),
                           attributes, xml_escaped(text));
}

std::string Svg::document(double width, double height, std::string_view label) const {
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
                     "width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\">\n{3}"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{4}</svg>\n",
                     svg_number(width), svg_number(height), xml_escaped(label), kStyle, elements_);
}

} // namespace berth::picture
