#pragma once
// The completion scripts, and what kubectl asks for, written from the description of the command
// line itself, so that neither knows a flag that the program does not. Pure.

#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace berth::cli {

/// `shell` is "bash", "fish" or "zsh".
[[nodiscard]] std::string completion_script(const CLI::App& app, std::string_view shell);

/// Whether the program is called by the name under which kubectl asks a plugin for completions:
/// kubectl_complete-berth.
[[nodiscard]] bool is_asked_to_complete(std::string_view program);

/// What may stand in place of the last of `words`, which is being typed and may be empty; those
/// before it are the command line behind "kubectl berth". In the format of cobra's __complete,
/// which kubectl reads: a line for each, with its meaning behind a tab, then ":" and what the shell
/// does beyond them: 4, nothing, or 0, complete names of files.
[[nodiscard]] std::string completions(const CLI::App& app, std::span<const std::string> words);

} // namespace berth::cli
