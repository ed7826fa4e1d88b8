#pragma once
// The flags of the commands that operate Berth: what somebody uses who runs it. For options.cpp.

#include <functional>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace berth::cli {

/// Adds a command with what every command has.
using AddCommand = std::function<CLI::App*(Command which, const char* name, const char* text)>;

void add_operating_commands(const AddCommand& add, CliOptions& options);

/// -w, --watch: of commands that show something.
void add_watch(CLI::App* command, CliOptions& options);

/// `release` with a Reservation; behind its other flags.
void add_release_reservation(CLI::App* command, ReleaseOptions& options);

/// What is wrong with their values, as "--flag: what it must be".
[[nodiscard]] std::vector<std::string> operating_problems(const CliOptions& options);

} // namespace berth::cli
