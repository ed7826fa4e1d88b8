#include "scheduler-extender/encode.hpp"

#include <utility>

#include "lib/base/ensure.hpp"
#include "scheduler-extender/answer_text.hpp"

namespace berth::extender {

namespace {

/// What an entry costs at most beside its name: quotes, punctuation and the longest reason.
constexpr std::size_t kEntryBytes = 48;
constexpr std::size_t kFrameBytes = 128;

void put_passed(AnswerText& out, std::span<const Position> passed, Names names,
                std::string_view names_text);
void put_refused(AnswerText& out, const FilterResult& result, Names names, bool unresolvable);
std::size_t expected_bytes(const FilterResult& result, Names names);
std::string error_only(std::string_view error);
std::string_view capped(std::string_view error);

} // namespace

std::string encode(const FilterResult& result, Names names, std::string_view names_text,
                   std::string memory) {
  if (!result.error.empty())
    return error_only(result.error);
  AnswerText out(expected_bytes(result, names), std::move(memory));
  out.put(R"({"Nodes":null,"NodeNames":)");
  put_passed(out, result.passed, names, names_text);
  out.put(R"(,"FailedNodes":)");
  put_refused(out, result, names, false);
  out.put(R"(,"FailedAndUnresolvableNodes":)");
  put_refused(out, result, names, true);
  out.put(R"(,"Error":""})");
  if (out.size() > kAnswerBytesMax)
    return error_only("the answer is too large: too many or too long node names");
  return std::move(out).take();
}

std::string encode(std::span<const HostScore> scores, Names names, std::string memory) {
  std::size_t bytes = kFrameBytes;
  for (const HostScore& score : scores)
    bytes += names[score.position].size() + kEntryBytes;
  AnswerText out(bytes, std::move(memory));
  out.put("[");
  bool first = true;
  for (const HostScore& score : scores) {
    ensure(kScoreMin <= score.score && score.score <= kScoreMax, "a score is 0 to 10");
    out.put(std::exchange(first, false) ? R"({"Host":)" : R"(,{"Host":)");
    out.put_string(names[score.position]);
    out.put(R"(,"Score":)");
    out.put_number(score.score);
    out.put("}");
  }
  out.put("]");
  return std::move(out).take();
}

std::string encode(const PreemptResult& result) {
  AnswerText out(kFrameBytes);
  out.put(R"({"NodeNameToMetaVictims":{)");
  bool first_node = true;
  for (const NodeVictims& node : result.nodes) {
    // The scheduler takes a node without victims for an error of the whole call.
    ensure(!node.uids.empty(), "a node to preempt on has victims");
    out.put(std::exchange(first_node, false) ? "" : ",");
    out.put_string(node.node);
    out.put(R"(:{"Pods":[)");
    bool first_pod = true;
    for (const std::string_view uid : node.uids) {
      out.put(std::exchange(first_pod, false) ? R"({"UID":)" : R"(,{"UID":)");
      out.put_string(uid);
      out.put("}");
    }
    out.put(R"(],"NumPDBViolations":)");
    out.put_number(node.pdb_violations);
    out.put("}");
  }
  out.put("}}");
  return std::move(out).take();
}

std::string encode(const BindResult& result) {
  AnswerText out(kFrameBytes + result.error.size());
  out.put(R"({"Error":)");
  out.put_string(capped(result.error));
  out.put("}");
  return std::move(out).take();
}

namespace {

/// How many of the positions, from the first, count up by one.
std::size_t run_of(std::span<const Position> positions) {
  std::size_t count = 1;
  while (count < positions.size() && positions[count] == positions[count - 1] + 1)
    ++count;
  return count;
}

/// Never null: the scheduler would look for Nodes instead.
void put_passed(AnswerText& out, std::span<const Position> passed, Names names,
                std::string_view names_text) {
  out.put("[");
  for (bool first = true; !passed.empty(); first = false) {
    if (!first)
      out.put(",");
    const std::string_view from = names[passed.front()];
    if (names_text.empty()) {
      out.put_string(from);
      passed = passed.subspan(1);
      continue;
    }
    const std::size_t count = run_of(passed);
    const std::string_view to = names[passed[count - 1]];
    const std::size_t begin = static_cast<std::size_t>(from.data() - names_text.data()) - 1;
    const std::size_t end = static_cast<std::size_t>(to.data() - names_text.data()) + to.size() + 1;
    out.put(names_text.substr(begin, end - begin)); // from quote to quote
    passed = passed.subspan(count);
  }
  out.put("]");
}

void put_refused(AnswerText& out, const FilterResult& result, Names names, bool unresolvable) {
  out.put("{");
  bool first = true;
  for (const Refusal& refusal : result.refused) {
    if (refusal.unresolvable != unresolvable)
      continue;
    if (!std::exchange(first, false))
      out.put(",");
    out.put_string(names[refusal.position]);
    out.put(R"(:")");
    out.put(to_string(refusal.reason));
    out.put(R"(")");
  }
  out.put("}");
}

std::size_t expected_bytes(const FilterResult& result, Names names) {
  std::size_t bytes = kFrameBytes;
  for (const Position position : result.passed)
    bytes += names[position].size() + 3;
  for (const Refusal& refusal : result.refused)
    bytes += names[refusal.position].size() + kEntryBytes;
  return bytes;
}

/// Without NodeNames: beside an Error the scheduler reads nothing else.
std::string error_only(std::string_view error) {
  AnswerText out(kFrameBytes + error.size());
  out.put(R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,)");
  out.put(R"("FailedAndUnresolvableNodes":null,"Error":)");
  out.put_string(capped(error));
  out.put("}");
  return std::move(out).take();
}

/// At most kErrorBytesMax, cut between characters.
std::string_view capped(std::string_view error) {
  if (error.size() <= kErrorBytesMax)
    return error;
  std::size_t end = kErrorBytesMax;
  while (end > 0 && (static_cast<unsigned char>(error[end]) & 0xC0U) == 0x80U)
    --end;
  return error.substr(0, end);
}

} // namespace

} // namespace berth::extender
