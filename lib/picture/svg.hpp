#pragma once
// Svg: one drawing, written element by element. Texts from files are escaped here; styles and
// attributes are constants of the caller. For every picture that a program of ours draws.

#include <string>
#include <string_view>

namespace berth::picture {

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// For the text of elements and of attributes; control characters, which XML does not know, become
/// '?'.
[[nodiscard]] std::string xml_escaped(std::string_view text);

class Svg {
public:
  /// `attributes`: " class=\"a\" fill=\"#fff\"". `title`: what a pointer that rests on it shows.
  void rect(const Box& box, std::string_view attributes, std::string_view title = {});
  void path(std::string_view steps, std::string_view attributes, std::string_view title = {});
  void line(double x1, double y1, double x2, double y2, std::string_view attributes);
  void text(double x, double y, std::string_view attributes, std::string_view text);

  /// The whole document; `label` is read to those who cannot see it.
  [[nodiscard]] std::string document(double width, double height, std::string_view label) const;

private:
  void add(std::string_view name, const std::string& attributes, std::string_view title);

  std::string elements_;
};

/// To a tenth, without a trailing ".0".
[[nodiscard]] std::string svg_number(double value);

} // namespace berth::picture
