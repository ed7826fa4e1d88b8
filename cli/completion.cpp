#include "cli/completion.hpp"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/output/text.hpp"
#include "lib/base/ensure.hpp"

namespace berth::cli {
namespace {

struct Flag {
  std::string name;       ///< "--output"
  std::string short_name; ///< "-o"; may be empty
  std::string text;
  std::vector<std::string> values; ///< what it may be set to, where that is a closed list
  bool takes_value = false;
};

/// A command, and what may stand behind it.
struct Words {
  std::string name;
  std::string text;
  std::vector<Flag> flags;
  std::vector<std::string> values; ///< of its argument
  bool takes_file = false;         ///< its argument names one
};

std::string bash_script(const std::vector<Words>& commands, const std::vector<Flag>& common);
std::string zsh_script(const std::vector<Words>& commands, const std::vector<Flag>& common);
std::string fish_script(const std::vector<Words>& commands, const std::vector<Flag>& common);

/// The members of an IsMember check, which CLI11 describes as "{a,b,c}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open == std::string::npos || close == std::string::npos)
    return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) {
      const auto& shorts = option->get_snames();
      flags.push_back({"--" + name, shorts.empty() ? "" : "-" + shorts.front(),
                       option->get_description(), values_of(*option),
                       option->get_items_expected_max() != 0});
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
        words.takes_file = option->get_name() == "SCENARIO" || option->get_name() == "LOG";
      }
    commands.push_back(std::move(words));
  }
  return commands;
}

std::vector<std::string> names_of(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags)
    names.push_back(flag.name);
  return names;
}

/// Inside single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string safe;
  for (const char letter : text)
    safe += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return "'" + safe + "'";
}

std::string bash_script(const std::vector<Words>& commands, const std::vector<Flag>& common) {
  std::vector<std::string> names;
  std::string behind_command;
  for (const Words& command : commands) {
    names.push_back(command.name);
    behind_command += "    " + command.name + ") words=\"" + joined(command.values, " ") + " " +
                      joined(names_of(command.flags), " ") + "\" ;;\n";
  }
  std::string behind_flag;
  for (const Flag& flag : common)
    if (!flag.values.empty())
      behind_flag += "    " + flag.name + (flag.short_name.empty() ? "" : "|" + flag.short_name) +
                     ") words=\"" + joined(flag.values, " ") + "\" common= ;;\n";
  return "# bash completion of kubectl-berth; load it with:\n"
         "#   source <(kubectl-berth completion bash)\n"
         "_kubectl_berth() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local words=\"" +
         joined(names, " ") + "\" common=\"" + joined(names_of(common), " ") +
         "\" word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$word\" in\n" +
         behind_command +
         "    esac\n"
         "  done\n"
         "  case \"$previous\" in\n" +
         behind_flag +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words $common\" -- \"$current\")\n"
         "}\n"
         "complete -F _kubectl_berth kubectl-berth\n";
}

std::string zsh_script(const std::vector<Words>& commands, const std::vector<Flag>& common) {
  std::string list;
  std::string behind_command;
  const auto arguments = [](const std::vector<Flag>& flags) {
    std::string text;
    for (const Flag& flag : flags) {
      const std::string names = flag.short_name.empty()
                                    ? flag.name
                                    : quoted("(" + flag.short_name + " " + flag.name + ")") + "{" +
                                          flag.short_name + "," + flag.name + "}";
      text += " " + names +
              quoted("[" + flag.text + "]" +
                     (flag.values.empty() ? "" : ":value:(" + joined(flag.values, " ") + ")"));
    }
    return text;
  };
  for (const Words& command : commands) {
    list += "    " + quoted(command.name + ":" + command.text) + "\n";
    const std::string values =
        command.values.empty() ? "" : " '1:value:(" + joined(command.values, " ") + ")'";
    behind_command += "    " + command.name + ") _arguments" + arguments(command.flags) +
                      arguments(common) + values + " ;;\n";
  }
  return "#compdef kubectl-berth\n"
         "# zsh completion of kubectl-berth; load it with:\n"
         "#   source <(kubectl-berth completion zsh)\n"
         "_kubectl_berth() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         list +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local command=\"${words[2]}\"\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case \"$command\" in\n" +
         behind_command +
         "  esac\n"
         "}\n"
         "compdef _kubectl_berth kubectl-berth\n";
}

std::string fish_script(const std::vector<Words>& commands, const std::vector<Flag>& common) {
  std::string script = "# fish completion of kubectl-berth; load it with:\n"
                       "#   kubectl-berth completion fish | source\n"
                       "complete -c kubectl-berth -f\n";
  const auto flag_line = [](const Flag& flag, const std::string& condition) {
    return "complete -c kubectl-berth" + condition +
           (flag.short_name.empty() ? "" : " -s " + flag.short_name.substr(1)) + " -l " +
           flag.name.substr(2) +
           (flag.values.empty() ? "" : " -x -a " + quoted(joined(flag.values, " "))) + " -d " +
           quoted(flag.text) + "\n";
  };
  for (const Flag& flag : common)
    script += flag_line(flag, "");
  for (const Words& command : commands) {
    script += "complete -c kubectl-berth -n __fish_use_subcommand -a " + command.name + " -d " +
              quoted(command.text) + "\n";
    const std::string behind = " -n '__fish_seen_subcommand_from " + command.name + "'";
    if (!command.values.empty())
      script += "complete -c kubectl-berth" + behind + " -a " +
                quoted(joined(command.values, " ")) + "\n";
    for (const Flag& flag : command.flags)
      script += flag_line(flag, behind);
  }
  return script;
}

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

bool is_asked_to_complete(std::string_view program) {
  const auto slash = program.rfind('/');
  return program.substr(slash == std::string_view::npos ? 0 : slash + 1) ==
         "kubectl_complete-berth";
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
    return candidates.end(typed.open->values.empty() ? kFiles : kNothingElse);
  }
  const auto equals = current.find('=');
  if (current.starts_with("--") && equals != std::string::npos) {
    const Flag* flag = find_flag(typed.flags, current.substr(0, equals));
    const bool is_closed = flag != nullptr && !flag->values.empty();
    if (is_closed)
      for (const std::string& value : flag->values)
        candidates.add(flag->name + "=" + value);
    return candidates.end(is_closed ? kNothingElse : kFiles);
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
  const bool may_be_file = typed.command != nullptr && typed.command->takes_file;
  return candidates.end(may_be_file ? kFiles : kNothingElse);
}

std::string completion_script(const CLI::App& app, std::string_view shell) {
  const std::vector<Words> commands = commands_of(app);
  const std::vector<Flag> common = flags_of(app);
  if (shell == "bash")
    return bash_script(commands, common);
  if (shell == "zsh")
    return zsh_script(commands, common);
  ensure(shell == "fish", "the command line lets bash, fish and zsh through only");
  return fish_script(commands, common);
}

} // namespace berth::cli
