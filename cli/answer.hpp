#pragma once
// Answer: what a command prints and how it ends. A failure names what was asked and what to do
// next.

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/options.hpp"
#include "cli/output/text.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/object.hpp"

namespace berth::cli {

struct Answer {
  int exit_code = 0;
  std::string out{};
  std::string err{};
};

/// "kubectl-berth: list quotas: forbidden...; <what to do next>", with the exit code for the kind
/// of failure.
[[nodiscard]] Answer answer_failure(const Error& error);

/// The same for a write: what to do next about a refusal is another thing there. `verb` is "patch".
[[nodiscard]] Answer answer_write_failure(const Error& error, std::string_view verb,
                                          const kube::ResourceType& type);

/// A view in the machine-readable form that `output` (Json or Yaml) asks for.
[[nodiscard]] std::string document_of(Output output, const nlohmann::json& value);

/// The view in the form that is asked for; only that one is made.
[[nodiscard]] std::string present(Output output, const std::function<std::string(bool wide)>& text,
                                  const std::function<nlohmann::json()>& json);

/// NAMESPACE/NAME, or a name in the namespace of -n, else of the context.
[[nodiscard]] kube::ObjectKey key_of(const std::string& name, const CliOptions& options,
                                     const std::string& default_namespace);

/// One line for each object that could not be read, for stderr.
[[nodiscard]] std::string warnings_of(const std::vector<std::string>& unreadable,
                                      const Paint& paint);

} // namespace berth::cli
