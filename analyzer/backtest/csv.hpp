#pragma once
// Lines of comma-separated values as benchmark files have them: fields may stand in double quotes,
// which are taken off; a quote or a comma inside of one is refused. For the readers of this folder.

#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::analyzer {

inline constexpr std::size_t kCsvFieldsMax = 20'000;

/// Takes the first line off `text`, without its line end; false when nothing is left.
bool next_line(std::string_view& text, std::string_view& line);

/// Views into `line`. Invalid for quotes that are not around a whole field, TooLarge beyond
/// kCsvFieldsMax.
[[nodiscard]] Result<std::vector<std::string_view>> csv_fields(std::string_view line);

/// The same failure with its place in front: "line 3: ...".
[[nodiscard]] tl::unexpected<Error> fail_at(std::string_view place, const Error& error);

/// Squares of sums of squares of larger numbers are no numbers any more.
inline constexpr double kCsvNumberMax = 1e60;

/// A number of at most kCsvNumberMax, either way, that takes up the whole field; Invalid, with the
/// field, if it is none.
[[nodiscard]] Result<double> csv_number(std::string_view field);

} // namespace berth::analyzer
