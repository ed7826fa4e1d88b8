#include "scheduler-extender/encode.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::extender {

namespace {

/// What one entry costs beside its name: quotes, punctuation and the longest reason.
constexpr std::size_t kEntryBytes = 48;

void append_text(std::string& out, std::string_view text);
void append_number(std::string& out, std::int64_t number);
void append_passed(std::string& out, const FilterResult& result, Names names);
void append_refused(std::string& out, const FilterResult& result, Names names, bool unresolvable);
std::size_t expected_bytes(const FilterResult& result, Names names);
std::string error_only(std::string_view error);
std::string_view capped(std::string_view error);

} // namespace

std::string encode(const FilterResult& result, Names names) {
  if (!result.error.empty())
    return error_only(result.error);
  std::string out;
  out.reserve(expected_bytes(result, names));
  out += R"({"Nodes":null,"NodeNames":)";
  append_passed(out, result, names);
  out += R"(,"FailedNodes":)";
  append_refused(out, result, names, false);
  out += R"(,"FailedAndUnresolvableNodes":)";
  append_refused(out, result, names, true);
  out += R"(,"Error":""})";
  if (out.size() > kAnswerBytesMax)
    return error_only("the answer is too large: too many or too long node names");
  return out;
}

std::string encode(std::span<const HostScore> scores, Names names) {
  std::string out;
  std::size_t bytes = 2;
  for (const HostScore& score : scores)
    bytes += names[score.position].size() + kEntryBytes;
  out.reserve(bytes);
  out += '[';
  for (const HostScore& score : scores) {
    ensure(kScoreMin <= score.score && score.score <= kScoreMax, "a score is 0 to 10");
    out += out.size() == 1 ? R"({"Host":)" : R"(,{"Host":)";
    append_text(out, names[score.position]);
    out += R"(,"Score":)";
    append_number(out, score.score);
    out += '}';
  }
  out += ']';
  return out;
}

std::string encode(const PreemptResult& result) {
  std::string out = R"({"NodeNameToMetaVictims":{)";
  bool first_node = true;
  for (const NodeVictims& node : result.nodes) {
    // The scheduler takes a node without victims for an error of the whole call.
    ensure(!node.uids.empty(), "a node to preempt on has victims");
    out += std::exchange(first_node, false) ? "" : ",";
    append_text(out, node.node);
    out += R"(:{"Pods":[)";
    bool first_pod = true;
    for (const std::string_view uid : node.uids) {
      out += std::exchange(first_pod, false) ? R"({"UID":)" : R"(,{"UID":)";
      append_text(out, uid);
      out += '}';
    }
    out += R"(],"NumPDBViolations":)";
    append_number(out, node.pdb_violations);
    out += '}';
  }
  out += "}}";
  return out;
}

std::string encode(const BindResult& result) {
  std::string out = R"({"Error":)";
  append_text(out, capped(result.error));
  out += '}';
  return out;
}

namespace {

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (byte == '"' || byte == '\\') {
    out += '\\';
    out += static_cast<char>(byte);
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

/// `text` is UTF-8: it comes from a decoded request, or is ours. Only what JSON demands is escaped.
void append_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\')
      continue;
    out += text.substr(clean, i - clean);
    append_escaped(out, byte);
    clean = i + 1;
  }
  out += text.substr(clean);
  out += '"';
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), written.ptr);
}

/// Never null: the scheduler would look for Nodes instead.
void append_passed(std::string& out, const FilterResult& result, Names names) {
  out += '[';
  bool first = true;
  for (const Position position : result.passed) {
    out += std::exchange(first, false) ? "" : ",";
    append_text(out, names[position]);
  }
  out += ']';
}

void append_refused(std::string& out, const FilterResult& result, Names names, bool unresolvable) {
  out += '{';
  bool first = true;
  for (const Refusal& refusal : result.refused) {
    if (refusal.unresolvable != unresolvable)
      continue;
    out += std::exchange(first, false) ? "" : ",";
    append_text(out, names[refusal.position]);
    out += R"(:")";
    out += to_string(refusal.reason);
    out += '"';
  }
  out += '}';
}

std::size_t expected_bytes(const FilterResult& result, Names names) {
  std::size_t bytes = 128;
  for (const Position position : result.passed)
    bytes += names[position].size() + 3;
  for (const Refusal& refusal : result.refused)
    bytes += names[refusal.position].size() + kEntryBytes;
  return bytes;
}

/// Without NodeNames: beside an Error the scheduler reads nothing else.
std::string error_only(std::string_view error) {
  std::string out =
      R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":)";
  append_text(out, capped(error));
  out += '}';
  return out;
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
