#include "cli/completion.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/options.hpp"
#include "lib/base/ensure.hpp"

namespace berth::cli {
namespace {

struct Flag {
  std::string name;       ///< "--output"
  std::string short_name; ///< "-o"; may be empty
  std::string text;
  std::vector<std::string> values; ///< what it may be set to, where that is a closed list
  bool takes_value = false;
  bool takes_path = false;
};

/// A command, and what may stand behind it.
struct Words {
  std::string name;
  std::string text;
  std::vector<Flag> flags;
  std::vector<std::string> values; ///< of its argument
  bool takes_path = false;         ///< as its argument
};

/// The members of an IsMember check, which CLI11 describes as "{a,b,c}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open == std::string::npos || close == std::string::npos)
    return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

bool names_a_path(const CLI::Option& option) {
  return option.get_type_name() == kPath;
}

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) {
      const auto& shorts = option->get_snames();
      flags.push_back({"--" + name, shorts.empty() ? "" : "-" + shorts.front(),
                       option->get_description(), values_of(*option),
                       option->get_items_expected_max() != 0, names_a_path(*option)});
    }
  return flags;
}

std::vector<Words> commands_of(const CLI::App& app) {
  std::vector<Words> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    Words words{command->get_name(), command->get_description(), flags_of(*command), {}, false};
    std::erase_if(words.flags, [](const Flag& flag) { return flag.name == "--help"; }); // common
    for (const CLI::Option* option : command->get_options())
      if (option->get_positional()) {
        words.values = values_of(*option);
        words.takes_path = names_a_path(*option);
      }
    commands.push_back(std::move(words));
  }
  return commands;
}

// Each shell asks the program itself, and so knows no more and no less than it does.
constexpr std::string_view kBashScript = R"sh(# bash completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion bash)
_kubectl_berth() {
  local line="${COMP_LINE:0:COMP_POINT}" current directive before=
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  current="${words[-1]}"
  mapfile -t COMPREPLY < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  ((${#COMPREPLY[@]})) || return
  directive="${COMPREPLY[-1]}"
  unset "COMPREPLY[-1]"
  COMPREPLY=("${COMPREPLY[@]%%$'\t'*}") # a meaning follows behind a tab
  if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then
    before="${current%"${current##*=}"}" # bash puts in what stands behind it
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
  [[ $directive != :0 ]] || compopt -o default # names of files
}
complete -F _kubectl_berth kubectl-berth
)sh";

constexpr std::string_view kZshScript = R"sh(#compdef kubectl-berth
# zsh completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion zsh)
_kubectl_berth() {
  local line directive
  local -a candidates
  for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) directive="$line" ;;
      *) candidates+=("${${line//:/\\:}/$'\t'/:}") ;; # a meaning follows behind a tab
    esac
  done
  (( ! ${#candidates} )) || _describe -V berth candidates
  [[ "$directive" != :0 ]] || { compset -P '*='; _files; } # names of files
}
compdef _kubectl_berth kubectl-berth
)sh";

constexpr std::string_view kFishScript = R"sh(# fish completion of kubectl-berth; load it with:
#   kubectl-berth completion fish | source
function __kubectl_berth_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[-1]" = :0 # names of files
        __fish_complete_path "$current"
    end
    set -e lines[-1]
    printf '%s\n' $lines
end
complete -c kubectl-berth -f -a '(__kubectl_berth_complete)'
)sh";

// Of cobra's ShellCompDirective.
constexpr int kFiles = 0;
constexpr int kNothingElse = 4;

/// Those that begin as `typed` does.
class Candidates {
public:
  explicit Candidates(std::string typed) : typed_(std::move(typed)) {}
  void add(const std::string& word, const std::string& meaning = {}) {
    if (word.starts_with(typed_))
      lines_ += word + (meaning.empty() ? "" : "\t" + meaning) + "\n";
  }
  [[nodiscard]] std::string end(int directive) const {
    return lines_ + ":" + std::to_string(directive) + "\n";
  }

private:
  std::string typed_;
  std::string lines_;
};

/// What was typed before the word that is completed.
struct Typed {
  const Words* command = nullptr;
  std::size_t arguments = 0;  ///< of the command
  const Flag* open = nullptr; ///< the last word, if a value is missing behind it
  std::vector<Flag> flags{};  ///< that may follow
};

const Flag* find_flag(const std::vector<Flag>& flags, const std::string& name) {
  const auto found = std::ranges::find_if(flags, [&](const Flag& flag) {
    return name == flag.name || (!flag.short_name.empty() && name == flag.short_name);
  });
  return found == flags.end() ? nullptr : &*found;
}

/// Flags of all commands may stand before the command, too.
Typed read(std::span<const std::string> words, const std::vector<Words>& commands,
           std::vector<Flag> common) {
  Typed typed;
  typed.flags = std::move(common);
  bool skips = false; // the word is a flag's value
  std::string last;
  for (const std::string& word : words) {
    last.clear();
    if (std::exchange(skips, false))
      continue;
    if (word.starts_with('-')) {
      const Flag* flag = find_flag(typed.flags, word);
      skips = flag != nullptr && flag->takes_value;
      last = word;
    } else if (typed.command != nullptr) {
      ++typed.arguments;
    } else if (const auto command = std::ranges::find(commands, word, &Words::name);
               command != commands.end()) {
      typed.command = &*command;
      typed.flags.insert(typed.flags.begin(), command->flags.begin(), command->flags.end());
    }
  }
  typed.open = skips ? find_flag(typed.flags, last) : nullptr;
  return typed;
}

} // namespace

std::optional<std::vector<std::string>> words_to_complete(std::span<const char* const> line) {
  const auto behind = [&](std::size_t at) {
    return std::vector<std::string>(line.begin() + static_cast<std::ptrdiff_t>(at), line.end());
  };
  const std::string_view program = line.empty() ? std::string_view() : line.front();
  const auto slash = program.rfind('/');
  if (program.substr(slash == std::string_view::npos ? 0 : slash + 1) == "kubectl_complete-berth")
    return behind(1);
  if (line.size() > 1 && std::string_view(line[1]) == "__complete")
    return behind(2);
  return std::nullopt;
}

std::string completions(const CLI::App& app, std::span<const std::string> words) {
  const std::string current = words.empty() ? std::string() : words.back();
  const std::vector<Words> commands = commands_of(app);
  const Typed typed =
      read(words.empty() ? words : words.first(words.size() - 1), commands, flags_of(app));
  Candidates candidates(current);
  if (typed.open != nullptr) {
    for (const std::string& value : typed.open->values)
      candidates.add(value);
    return candidates.end(typed.open->takes_path ? kFiles : kNothingElse);
  }
  const auto equals = current.find('=');
  if (current.starts_with("--") && equals != std::string::npos) {
    const Flag* flag = find_flag(typed.flags, current.substr(0, equals));
    if (flag == nullptr)
      return candidates.end(kNothingElse);
    for (const std::string& value : flag->values)
      candidates.add(flag->name + "=" + value);
    return candidates.end(flag->takes_path ? kFiles : kNothingElse);
  }
  if (current.starts_with('-')) {
    for (const Flag& flag : typed.flags)
      candidates.add(flag.name, flag.text);
    return candidates.end(kNothingElse);
  }
  if (typed.command == nullptr)
    for (const Words& command : commands)
      candidates.add(command.name, command.text);
  else if (typed.arguments == 0)
    for (const std::string& value : typed.command->values)
      candidates.add(value);
  const bool may_be_path = typed.command != nullptr && typed.command->takes_path;
  return candidates.end(may_be_path ? kFiles : kNothingElse);
}

std::string completion_script(std::string_view shell) {
  if (shell == "bash")
    return std::string(kBashScript);
  if (shell == "zsh")
    return std::string(kZshScript);
  ensure(shell == "fish", "the command line lets bash, fish and zsh through only");
  return std::string(kFishScript);
}

} // namespace berth::cli
