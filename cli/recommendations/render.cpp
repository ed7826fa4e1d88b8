// What `kubectl berth recommendations` prints of its list.

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/table.hpp"
#include "cli/recommendations/recommendations.hpp"

namespace berth::cli {
namespace {

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

Colour colour_of_priority(const std::string& priority) {
  return priority == "Critical" ? Colour::Bad
                                : (priority == "High" ? Colour::Careful : Colour::None);
}

nlohmann::json state_json(const StateWord& state) {
  return {{"status", !state.known ? "Unknown" : (state.good ? "True" : "False")},
          {"reason", state.word},
          {"message", state.message}};
}

} // namespace

std::string render_recommendations(const RecommendationsView& view, bool wide, const Paint& paint) {
  if (view.rows.empty())
    return "nothing is recommended\n";
  std::vector<std::string> titles{"RECOMMENDATION", "STATE",      "PRIORITY",    "KIND",
                                  "TARGET",         "CONFIDENCE", "IMPROVEMENT", "EXPIRES"};
  if (wide)
    titles.insert(titles.end(), {"APPLIED", "OUTCOME", "MODEL", "PATCH"});
  Table table(std::move(titles));
  for (const RecommendationRow& row : view.rows) {
    const Duration left = row.expires_at - view.as_of;
    std::vector<Cell> cells{to_string(row.key),
                            Cell{shown(row.valid), colour_of(row.valid)},
                            Cell{row.priority, colour_of_priority(row.priority)},
                            row.kind,
                            row.target,
                            std::to_string(row.confidence_percent) + "%",
                            or_dash(row.improvement),
                            left > Duration{0} ? "in " + format_duration(left)
                                               : format_duration(-left) + " ago"};
    if (wide)
      cells.insert(cells.end(), {row.applied.known ? shown(row.applied) : "-", or_dash(row.outcome),
                                 or_dash(row.model), row.patch});
    table.add(std::move(cells));
  }
  return table.str(paint);
}

nlohmann::json recommendations_json(const RecommendationsView& view) {
  nlohmann::json list = nlohmann::json::array();
  for (const RecommendationRow& row : view.rows)
    list.push_back({{"namespace", row.key.ns},
                    {"name", row.key.name},
                    {"valid", state_json(row.valid)},
                    {"applied", state_json(row.applied)},
                    {"priority", row.priority},
                    {"kind", row.kind},
                    {"target", row.target},
                    {"confidencePercent", row.confidence_percent},
                    {"expectedImprovement", row.improvement},
                    {"outcome", row.outcome},
                    {"model", row.model},
                    {"patch", row.patch},
                    {"expiresAt", to_json(std::optional(row.expires_at))}});
  return {{"asOf", to_json(std::optional(view.as_of))}, {"recommendations", std::move(list)}};
}

} // namespace berth::cli
