#include "cli/top/top.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/table.hpp"

namespace berth::cli {
namespace {

using resources::Amount;

/// So much or more of what was granted is used: it is needed. So little or less: it is not.
constexpr std::int64_t kFullPercent = 90;
constexpr std::int64_t kIdlePercent = 20;

Cell percent_cell(const TopResource& resource) {
  const auto percent = resource.use_percent();
  if (!percent)
    return {"-"};
  const Colour colour = *percent >= kFullPercent   ? Colour::Bad
                        : *percent <= kIdlePercent ? Colour::Careful
                                                   : Colour::None;
  return {std::to_string(*percent) + "%", colour};
}

bool is_shown(const TopResource& resource, bool wide) {
  const auto some = [](const std::optional<Amount>& amount) {
    return amount.value_or(Amount{}) > Amount{};
  };
  return wide || some(resource.measured) || some(resource.allocated);
}

/// "3", or "2/3" where not all are measured.
std::string pods_text(const TopRow& row) {
  if (row.pods == row.pods_measured)
    return number_or_dash(row.pods);
  return number_or_dash(row.pods_measured) + "/" + number_or_dash(row.pods);
}

std::vector<Cell> name_cells(const TopRow& row, const std::string& what, bool first) {
  std::vector<Cell> cells{first ? row.name : ""};
  if (what == "workloads")
    cells.emplace_back(first ? row.quota : "");
  if (what != "pools") {
    cells.emplace_back(first ? row.pool : "");
    cells.emplace_back(first ? pods_text(row) : "");
  }
  return cells;
}

std::vector<std::string> titles_of(const std::string& what) {
  if (what == "pools")
    return {"POOL", "RESOURCE", "MEASURED", "ALLOCATED", "USE", "ALLOCATABLE"};
  if (what == "quotas")
    return {"QUOTA", "POOL", "PODS", "RESOURCE", "MEASURED", "ALLOCATED", "USE"};
  return {"WORKLOAD", "QUOTA", "POOL", "PODS", "RESOURCE", "MEASURED", "ALLOCATED", "USE"};
}

} // namespace

async::Task<Answer> answer_top(kube::Client& client, CliOptions options, Surroundings around) {
  const auto observed = co_await observe_top(client, options.top, options.ns);
  if (!observed)
    co_return answer_failure(observed.error());
  const TopView view = decide_top(*observed, options.top);
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_top(view, wide, around.paint); },
      [&] { return top_json(view); });
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

std::string render_top(const TopView& view, bool wide, const Paint& paint) {
  Table table(titles_of(view.what));
  for (const TopRow& row : view.rows) {
    bool first = true;
    for (const TopResource& resource : row.resources) {
      if (!is_shown(resource, wide))
        continue;
      auto cells = name_cells(row, view.what, first);
      cells.emplace_back(std::string(resource.name.str()));
      cells.emplace_back(shown_roughly(resource.name, resource.measured));
      cells.emplace_back(shown(resource.name, resource.allocated));
      cells.push_back(percent_cell(resource));
      if (view.what == "pools")
        cells.emplace_back(shown(resource.name, resource.allocatable));
      table.add(std::move(cells));
      first = false;
    }
  }
  return table.empty() ? "nothing is granted\n" : table.str(paint);
}

nlohmann::json top_json(const TopView& view) {
  nlohmann::json rows = nlohmann::json::array();
  for (const TopRow& row : view.rows) {
    nlohmann::json resources = nlohmann::json::array();
    for (const TopResource& resource : row.resources)
      resources.push_back({{"name", std::string(resource.name.str())},
                           {"measured", to_json(resource.name, resource.measured)},
                           {"allocated", to_json(resource.name, resource.allocated)},
                           {"allocatable", to_json(resource.name, resource.allocatable)},
                           {"usePercent", number_or_null(resource.use_percent())}});
    rows.push_back({{"name", row.name},
                    {"quota", row.quota.empty() ? nlohmann::json() : nlohmann::json(row.quota)},
                    {"pool", row.pool.empty() ? nlohmann::json() : nlohmann::json(row.pool)},
                    {"pods", number_or_null(row.pods)},
                    {"podsMeasured", number_or_null(row.pods_measured)},
                    {"resources", std::move(resources)}});
  }
  return {{"what", view.what}, {"rows", std::move(rows)}};
}

} // namespace berth::cli
