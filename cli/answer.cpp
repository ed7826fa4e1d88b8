#include "cli/answer.hpp"

#include <nlohmann/json.hpp>

#include "cli/output/document.hpp"
#include "lib/base/ensure.hpp"

namespace berth::cli {
namespace {

/// What helps, as a clause of its own; empty where the message says all there is to say.
std::string_view next_step(const Error& error) {
  switch (error.code) {
  case Code::Unauthorized:
    return "check the credentials of the context with \"kubectl auth whoami\"";
  case Code::Forbidden:
    return "ask whoever runs the cluster for the right to read it, or name a namespace of yours "
           "with -n";
  case Code::Unavailable:
  case Code::Timeout: return "check the server of the context with \"kubectl cluster-info\"";
  case Code::Gone: return "the list took longer than the server keeps its history: ask again";
  default: return "";
  }
}

int exit_code_of(Code code) {
  switch (code) {
  case Code::NotFound: return kExitNotFound;
  case Code::Unauthorized:
  case Code::Forbidden: return kExitNotPermitted;
  default: return program::kExitFailure;
  }
}

Answer failure_with(const Error& error, const std::string& step) {
  return {exit_code_of(error.code), "",
          "kubectl-berth: " + printable(error.message) + (step.empty() ? "" : "; " + step) + "\n"};
}

} // namespace

Answer answer_failure(const Error& error) {
  return failure_with(error, std::string(next_step(error)));
}

Answer answer_write_failure(const Error& error, std::string_view verb,
                            const kube::ResourceType& type) {
  if (error.code == Code::Forbidden)
    return failure_with(error, "\"kubectl auth can-i " + std::string(verb) + " " + type.plural +
                                   "." + type.group + "\" says whether you may at all");
  if (error.code == Code::Timeout)
    return failure_with(error, "it may have been done: look before you do it again");
  return answer_failure(error);
}

std::string document_of(Output output, const nlohmann::json& value) {
  ensure(output == Output::Json || output == Output::Yaml, "text is not a document");
  return output == Output::Json ? json_document(value) : yaml_document(value);
}

std::string present(Output output, const std::function<std::string(bool wide)>& text,
                    const std::function<nlohmann::json()>& json) {
  if (output == Output::Json || output == Output::Yaml)
    return document_of(output, json());
  return text(output == Output::Wide);
}

kube::ObjectKey key_of(const std::string& name, const CliOptions& options,
                       const std::string& default_namespace) {
  const auto slash = name.find('/');
  if (slash != std::string::npos)
    return {name.substr(0, slash), name.substr(slash + 1)};
  return {options.ns.empty() ? default_namespace : options.ns, name};
}

std::string warnings_of(const std::vector<std::string>& unreadable, const Paint& paint) {
  std::string text;
  for (const std::string& what : unreadable)
    text += paint("cannot read " + printable(what), Colour::Careful) + "\n";
  return text;
}

} // namespace berth::cli
