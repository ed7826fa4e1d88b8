#pragma once
// What may stand next on the command line, from the description of the command line itself, and the
// scripts by which shells ask for it, so that none knows a flag that the program does not. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace berth::cli {

/// `shell` is "bash", "fish" or "zsh".
[[nodiscard]] std::string completion_script(std::string_view shell);

/// The words to complete, if that is what a command line with its program's name asks for: kubectl
/// asks kubectl_complete-berth, and the scripts ask "kubectl-berth __complete".
[[nodiscard]] std::optional<std::vector<std::string>>
words_to_complete(std::span<const char* const> line);

/// What may stand in place of the last of `words`, which is being typed and may be empty; those
/// before it are the command line behind "kubectl berth". In the format of cobra's __complete,
/// which kubectl reads: a line for each, with its meaning behind a tab, then ":" and what the shell
/// does beyond them: 4, nothing, or 0, complete names of files.
[[nodiscard]] std::string completions(const CLI::App& app, std::span<const std::string> words);

} // namespace berth::cli
