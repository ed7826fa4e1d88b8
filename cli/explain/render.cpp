#include "cli/explain/render.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/table.hpp"
#include "cli/status/render.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

Colour colour_of(Standing standing) {
  switch (standing) {
  case Standing::Waiting: return Colour::Careful;
  case Standing::Admitted:
  case Standing::Bound: return Colour::Good;
  case Standing::NotManaged:
  case Standing::Terminating:
  case Standing::Finished: return Colour::None;
  }
  return Colour::None;
}

/// What follows "Pod research/a".
std::string verdict(const ExplainView& view) {
  const std::string age = format_duration(view.as_of - view.created);
  switch (view.standing) {
  case Standing::NotManaged: return "is not managed by Berth";
  case Standing::Waiting:
    return "has waited " + age + (view.why.reason.empty() ? "" : ": " + view.why.reason);
  case Standing::Admitted:
    return view.kind == SubjectKind::AllocationRequest
               ? "holds what it was given"
               : "is admitted; kube-scheduler has not bound it yet";
  case Standing::Bound:
    return std::string("is bound") + (view.node.empty() ? "" : " to node " + view.node) +
           (view.record ? "" : ", without an admission of Berth's");
  case Standing::Terminating: return "is being deleted; it holds its charge until it is gone";
  case Standing::Finished:
    return "has ended and holds nothing" + (view.why.reason.empty() ? "" : ": " + view.why.reason);
  }
  return "";
}

/// The sentence below the verdict: the message, or what to do when there is none.
std::string detail(const ExplainView& view) {
  if (view.standing == Standing::NotManaged)
    return "neither its namespace nor the pod itself is labelled berth.dev/managed=true";
  if (view.standing != Standing::Waiting && view.standing != Standing::Finished)
    return "";
  if (!view.why.reason.empty() || view.standing == Standing::Finished)
    return view.why.message;
  return "the operator has not said why yet; if it stays silent, see whether one leads: "
         "kubectl -n berth-system get lease berth-operator";
}

std::string planned_text(const allocation::AdmissionRecord& record) {
  std::vector<std::string> names;
  for (const NodeName& node : record.planned_nodes)
    names.push_back(node.str());
  return joined(names, ", ");
}

/// "  Quota:        research" for each fact that there is.
std::string facts(const ExplainView& view) {
  std::string text;
  const auto fact = [&](std::string_view name, const std::string& value) {
    constexpr std::size_t kValueColumn = 14;
    if (!value.empty())
      text += "  " + std::string(name) + ":" + std::string(kValueColumn - name.size() - 1, ' ') +
              printable(value) + "\n";
  };
  fact("Asks", request_text(view.requests));
  if (view.standing == Standing::NotManaged)
    return text;
  fact("Quota", view.quota);
  fact("Priority", std::to_string(view.priority));
  if (view.record) {
    fact("Pool", view.record->pool.str());
    fact("Reservation", view.record->reservation.str());
    fact("Planned", planned_text(*view.record));
    fact("Rules", joined(view.record->rules, ", "));
    fact("Decision", view.record->decision.str());
  }
  fact("Other gates", joined(view.other_gates, ", "));
  return text;
}

std::string render_members(const ExplainView& view, const Paint& paint) {
  if (view.members.empty())
    return "";
  Table table({"MEMBER", "STANDING", "NODE"});
  for (const MemberRow& row : view.members)
    table.add({row.name, Cell{std::string(to_string(row.standing)), colour_of(row.standing)},
               row.node.empty() ? "-" : row.node});
  return "\n" +
         paint("Members: " + std::to_string(view.members.size()) + " of " +
                   std::to_string(view.members_wanted.value_or(0)) + " exist",
               Colour::Strong) +
         "\n" + table.str(paint);
}

std::string render_events(const ExplainView& view, const Paint& paint) {
  if (view.events.empty())
    return "";
  Table table({"AGE", "TIMES", "REASON", "NOTE"});
  for (const EventNote& event : view.events)
    table.add({format_duration(view.as_of - event.at), std::to_string(event.count), event.reason,
               event.note});
  return "\n" + paint("Events", Colour::Strong) + "\n" + table.str(paint);
}

std::string section(std::string_view title, const std::string& table, const Paint& paint) {
  return table.empty() ? "" : "\n" + paint(title, Colour::Strong) + "\n" + table;
}

std::string render_change(const ChangeRow& change) {
  std::string text = "  ";
  for (std::size_t i = 0; i < change.steps.size(); ++i)
    text += (i == 0 ? "" : " and ") + change.steps[i];
  if (!change.evicted.empty())
    text += ", which evicts " + joined(change.evicted, ", ");
  return printable(text) + "\n";
}

std::string render_what_if(const WhatIfView& what_if, const Paint& paint) {
  const std::string title = "What if: " + joined(what_if.steps, ", ");
  std::string text = "\n" + paint(printable(title), Colour::Strong) + "\n  ";
  if (what_if.starts)
    return text + paint("it would start now", Colour::Good) +
           (what_if.nodes.empty() ? "" : printable(" on " + joined(what_if.nodes, ", "))) + "\n";
  text += paint("it would wait", Colour::Careful);
  if (!what_if.why.reason.empty())
    text += printable(": " + what_if.why.reason + ": " + what_if.why.message);
  return text + "\n";
}

/// What would let it start, one change in each line.
std::string render_outlook(const ExplainView& view, const Paint& paint) {
  const std::string title = "\n" + paint("What would let it start", Colour::Strong) + "\n";
  if (!view.outlook_missing_why.empty())
    return title + "  not known: " + printable(view.outlook_missing_why) + "\n";
  if (!view.outlook)
    return "";
  if (view.outlook->what_if)
    return render_what_if(*view.outlook->what_if, paint);
  std::string text;
  if (view.outlook->planned_start)
    text += "  waiting until " + format_time(*view.outlook->planned_start) +
            ", if what runs ends as it said\n";
  for (const ChangeRow& change : view.outlook->changes)
    text += render_change(change);
  if (text.empty())
    text = "  no change that was tried: the reason above says what it waits for\n";
  return title + text;
}

json outlook_json(const ExplainView& view) {
  if (!view.outlook)
    return nullptr;
  json changes = json::array();
  for (const ChangeRow& change : view.outlook->changes)
    changes.push_back({{"steps", change.steps}, {"evicted", change.evicted}});
  json outlook = {{"plannedStart", to_json(view.outlook->planned_start)},
                  {"changes", std::move(changes)},
                  {"whatIf", nullptr}};
  if (const auto& what_if = view.outlook->what_if)
    outlook["whatIf"] = {{"steps", what_if->steps},
                         {"starts", what_if->starts},
                         {"nodes", what_if->nodes},
                         {"reason", what_if->why.reason},
                         {"message", what_if->why.message}};
  return outlook;
}

json admission_json(const ExplainView& view) {
  if (!view.record)
    return nullptr;
  json nodes = json::array();
  for (const NodeName& node : view.record->planned_nodes)
    nodes.push_back(node.str());
  return {{"decision", view.record->decision.str()},
          {"quota", view.record->quota.str()},
          {"pool", view.record->pool.str()},
          {"reservation", view.record->reservation.str()},
          {"plannedNodes", std::move(nodes)},
          {"members", view.record->members},
          {"rules", view.record->rules}};
}

} // namespace

std::string render_explain(const ExplainView& view, bool wide, const Paint& paint) {
  const std::string subject =
      std::string(to_string(view.kind)) + " " + view.namespace_name + "/" + view.name;
  std::string text = paint(printable(subject), Colour::Strong) + " " +
                     paint(printable(verdict(view)), colour_of(view.standing)) + "\n";
  if (const std::string more = printable(detail(view)); !more.empty())
    text += "  " + more + "\n";
  text += facts(view);
  text += render_outlook(view, paint);
  text += render_members(view, paint);
  text += section("Quota chain", render_quotas(view.chain, wide, paint), paint);
  text += section(view.record ? "Pool" : "Pools it may use", render_pools(view.pools, wide, paint),
                  paint);
  return text + render_events(view, paint);
}

json explain_json(const ExplainView& view) {
  json members = json::array();
  for (const MemberRow& row : view.members)
    members.push_back({{"name", row.name},
                       {"standing", std::string(to_string(row.standing))},
                       {"node", row.node}});
  json events = json::array();
  for (const EventNote& event : view.events)
    events.push_back({{"at", to_json(std::optional(event.at))},
                      {"count", event.count},
                      {"reason", event.reason},
                      {"note", event.note}});
  return {{"asOf", to_json(std::optional(view.as_of))},
          {"kind", std::string(to_string(view.kind))},
          {"namespace", view.namespace_name},
          {"name", view.name},
          {"standing", std::string(to_string(view.standing))},
          {"created", to_json(std::optional(view.created))},
          {"reason", view.why.reason},
          {"message", view.why.message},
          {"outlook", outlook_json(view)},
          {"quota", view.quota},
          {"priority", view.priority},
          {"requests", to_json(view.requests)},
          {"otherGates", view.other_gates},
          {"admission", admission_json(view)},
          {"node", view.node},
          {"membersWanted", number_or_null(view.members_wanted)},
          {"members", std::move(members)},
          {"quotaChain", quotas_json(view.chain)},
          {"pools", pools_json(view.pools)},
          {"events", std::move(events)}};
}

} // namespace berth::cli
