#pragma once
// The completion scripts, written from the description of the command line itself, so that no
// script knows a flag that the program does not. Pure.

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace berth::cli {

/// `shell` is "bash", "fish" or "zsh".
[[nodiscard]] std::string completion_script(const CLI::App& app, std::string_view shell);

} // namespace berth::cli
