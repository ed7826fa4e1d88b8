#pragma once
// What must hold of every answer to kube-scheduler, whatever was asked: well-formed JSON in exact
// case, nothing null that its decoder would dereference, no node that was not asked for, none
// twice, a known reason for each refused one. Read back with the other JSON parser of the house.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "lib/api/json.hpp"
#include "lib/base/ensure.hpp"
#include "scheduler-extender/encode.hpp"

namespace berth::extender::testing {

inline api::Json read_back(const std::string& answer) {
  auto parsed = api::parse_json(answer, {kAnswerBytesMax, 64});
  ensure(parsed.has_value(), "an answer is not JSON");
  return std::move(*parsed);
}

inline void check_filter_answer(const std::string& answer, Names asked) {
  const api::Json json = read_back(answer);
  ensure(json.is_object() && json.size() == 5, "ExtenderFilterResult has five fields");
  ensure(json.at("Nodes").is_null(), "names were asked for");
  if (!json.at("Error").get_ref<const std::string&>().empty()) {
    ensure(json.at("NodeNames").is_null(), "an error stands alone");
    return;
  }
  std::multiset<std::string> answered;
  ensure(json.at("NodeNames").is_array(), "NodeNames is a list where there is no error");
  for (const auto& name : json.at("NodeNames"))
    answered.insert(name.get<std::string>());
  for (const char* field : {"FailedNodes", "FailedAndUnresolvableNodes"})
    for (const auto& [name, reason] : json.at(field).items()) {
      answered.insert(name);
      ensure(reason_from(reason.get<std::string>()).has_value(), "a reason is on the list");
    }
  const std::multiset<std::string> wanted(asked.begin(), asked.end());
  // Thousands that are only less preferred are left out together.
  const bool leaves_some = !json.at("NodeNames").empty() && asked.size() > kLessPreferredToldMax;
  ensure(leaves_some ? std::ranges::includes(wanted, answered) : answered == wanted,
         "each node that was asked for is answered once, and no other");
}

inline void check_prioritize_answer(const std::string& answer, Names asked) {
  const api::Json json = read_back(answer);
  const bool is_short = asked.size() > kLessPreferredToldMax;
  ensure(json.is_array() && (json.empty() || (is_short ? json.size() <= kLessPreferredToldMax
                                                       : json.size() == asked.size())),
         "every host is listed, or the best of many, or none is");
  for (std::size_t i = 0; i < json.size(); ++i) {
    ensure(json[i].size() == 2, "a host has a name and a score");
    const auto host = json[i].at("Host").get<std::string>();
    ensure(is_short ? std::ranges::find(asked, host) != asked.end() : host == asked[i],
           "hosts are those that were asked for");
    const auto score = json[i].at("Score").get<std::int64_t>();
    ensure(json[i].at("Score").is_number_integer() && 0 <= score && score <= 10,
           "a score is 0 to 10");
  }
}

inline void check_preempt_answer(const std::string& answer, const std::vector<NodeVictims>& asked) {
  const api::Json json = read_back(answer);
  ensure(json.size() == 1 && json.at("NodeNameToMetaVictims").is_object(), "a map of victims");
  for (const auto& [name, victims] : json.at("NodeNameToMetaVictims").items()) {
    const auto known = std::find_if(asked.begin(), asked.end(),
                                    [&](const NodeVictims& node) { return node.node == name; });
    ensure(known != asked.end(), "no node but those asked for");
    ensure(victims.is_object() && !victims.at("Pods").empty(), "a node has victims");
    ensure(victims.at("NumPDBViolations") == known->pdb_violations, "violations are not recounted");
    std::vector<std::string> uids;
    for (const auto& pod : victims.at("Pods"))
      uids.push_back(pod.at("UID").get<std::string>());
    ensure(std::equal(uids.begin(), uids.end(), known->uids.begin(), known->uids.end()),
           "victims are those that were named");
  }
}

} // namespace berth::extender::testing
