#pragma once
// Golden outputs: what a command prints, kept as text in tests/golden/cli and reviewed as such.
// BERTH_UPDATE_GOLDEN=1 writes them anew, and then the test fails, so that no run passes by
// writing.

#include <string>

namespace berth::cli {

/// Compares with tests/golden/cli/<name>; a difference fails the running test with both texts.
void check_golden(const std::string& name, const std::string& text);

} // namespace berth::cli
