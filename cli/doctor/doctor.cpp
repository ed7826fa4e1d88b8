#include "cli/doctor/doctor.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/doctor/observe_parts.hpp"
#include "cli/output/table.hpp"

namespace berth::cli {
namespace {

constexpr const char* kDefaultNamespace = "berth-system";

Colour colour_of(Verdict verdict) {
  switch (verdict) {
  case Verdict::Works: return Colour::Good;
  case Verdict::Unknown: return Colour::Faint;
  case Verdict::Warning: return Colour::Careful;
  case Verdict::Error: return Colour::Bad;
  }
  return Colour::None;
}

bool is_unreachable(Code code) {
  return code == Code::Unavailable || code == Code::Timeout || code == Code::Unauthorized;
}

std::int64_t count(const std::vector<Finding>& findings, Verdict verdict) {
  return std::ranges::count(findings, verdict, &Finding::verdict);
}

} // namespace

async::Task<Answer> answer_doctor(kube::Client& client, CliOptions options, Surroundings around) {
  std::string ns = options.ns.empty() ? kDefaultNamespace : options.ns;
  // Else each of the questions would wait for its own timeout.
  const auto reached = co_await kubernetes_version(client);
  if (!reached && is_unreachable(reached.error().code))
    co_return answer_failure(reached.error().while_doing("get /version"));
  const ObservedInstallation observed = co_await observe_installation(client, std::move(ns));
  const std::vector<Finding> findings = diagnose(observed, around.now);
  Answer answer;
  answer.exit_code = count(findings, Verdict::Error) == 0 ? 0 : program::kExitFailure;
  answer.out = present(
      options.output, [&](bool) { return render_doctor(findings, around.paint); },
      [&] { return doctor_json(findings); });
  co_return answer;
}

std::string render_doctor(const std::vector<Finding>& findings, const Paint& paint) {
  Table table({"CHECK", "VERDICT", "MESSAGE"});
  for (const Finding& finding : findings) {
    table.add({finding.check,
               Cell{std::string(to_string(finding.verdict)), colour_of(finding.verdict)},
               finding.message});
    if (!finding.mend.empty())
      table.add({"", "", "-> " + finding.mend});
  }
  return table.str(paint) + "\n" + counted(count(findings, Verdict::Error), "error") + ", " +
         counted(count(findings, Verdict::Warning), "warning") + ", " +
         std::to_string(count(findings, Verdict::Unknown)) + " not known, " +
         std::to_string(count(findings, Verdict::Works)) + " in order\n";
}

nlohmann::json doctor_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings)
    list.push_back({{"check", finding.check},
                    {"verdict", std::string(to_string(finding.verdict))},
                    {"message", finding.message},
                    {"mend", finding.mend}});
  return {{"errors", count(findings, Verdict::Error)},
          {"warnings", count(findings, Verdict::Warning)},
          {"findings", std::move(list)}};
}

} // namespace berth::cli
