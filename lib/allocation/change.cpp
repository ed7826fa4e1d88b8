#include "lib/allocation/change.hpp"

#include <charconv>
#include <optional>

#include "lib/resources/quantity.hpp"

namespace berth::allocation {
namespace {

constexpr std::string_view kForms =
    "must be one of: \"+AMOUNT RESOURCE for quota QUOTA in pool POOL\", \"+AMOUNT RESOURCE in pool "
    "POOL\", \"+COUNT nodes like NODE\", \"without node selector LABEL\", \"without node "
    "affinity\", \"without device model\", \"tolerating taint KEY\", \"priority NUMBER\"";
constexpr std::size_t kSentenceBytesMax = 1024;
constexpr std::size_t kWordsMax = 16;

std::string amount_text(const ResourceName& resource, Amount by) {
  return "+" + resources::format_amount(resource, by) + " " + std::string(resource.str());
}

std::string text_of(const RaiseNominal& step) {
  return amount_text(step.resource, step.by) + " for quota " + step.quota.str() + " in pool " +
         step.pool.str();
}

std::string text_of(const RaiseCapacity& step) {
  return amount_text(step.resource, step.by) + " in pool " + step.pool.str();
}

std::string text_of(const AddNodes& step) {
  return "+" + std::to_string(step.count) + (step.count == 1 ? " node" : " nodes") + " like " +
         step.like.str();
}

std::string text_of(const DropConstraint& step) {
  switch (step.kind) {
  case DropConstraint::Kind::NodeSelector: return "without node selector " + step.key;
  case DropConstraint::Kind::NodeAffinity: return "without node affinity";
  case DropConstraint::Kind::DeviceModel: return "without device model";
  case DropConstraint::Kind::Taint: break;
  }
  return "tolerating taint " + step.key;
}

std::string text_of(const SetPriority& step) {
  return "priority " + std::to_string(step.to);
}

std::vector<std::string_view> words_of(std::string_view sentence) {
  std::vector<std::string_view> words;
  while (!sentence.empty() && words.size() <= kWordsMax) {
    const std::size_t end = std::min(sentence.find(' '), sentence.size());
    if (end > 0)
      words.push_back(sentence.substr(0, end));
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
  }
  return words;
}

/// "cpu" and the like after "+3"; nothing unless the amount is positive.
std::optional<Amount> amount_from(std::string_view text, const ResourceName& resource) {
  if (!text.starts_with('+'))
    return std::nullopt;
  const auto quantity = resources::Quantity::parse(text.substr(1));
  if (!quantity)
    return std::nullopt;
  const Amount amount = resources::amount_of(resource, *quantity);
  return amount > Amount{} ? std::optional(amount) : std::nullopt;
}

std::optional<std::int32_t> number_from(std::string_view text) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

using Words = std::vector<std::string_view>;

std::optional<Step> read_amount(const Words& words) {
  const bool is_quota = words.size() == 8 && words[2] == "for" && words[3] == "quota" &&
                        words[5] == "in" && words[6] == "pool";
  const bool is_pool = words.size() == 5 && words[2] == "in" && words[3] == "pool";
  if (!is_quota && !is_pool)
    return std::nullopt;
  const ResourceName resource{words[1]};
  const auto amount = amount_from(words[0], resource);
  if (!amount)
    return std::nullopt;
  if (is_quota)
    return RaiseNominal{QuotaName{std::string(words[4])}, PoolName{std::string(words[7])}, resource,
                        *amount};
  return RaiseCapacity{PoolName{std::string(words[4])}, resource, *amount};
}

std::optional<Step> read_nodes(const Words& words) {
  if (words.size() != 4 || (words[1] != "node" && words[1] != "nodes") || words[2] != "like" ||
      !words[0].starts_with('+'))
    return std::nullopt;
  const auto count = number_from(words[0].substr(1));
  if (!count || *count < 1)
    return std::nullopt;
  return AddNodes{NodeName{std::string(words[3])}, *count};
}

std::optional<Step> read_constraint(const Words& words) {
  using Kind = DropConstraint::Kind;
  if (words.size() == 3 && words[0] == "tolerating" && words[1] == "taint")
    return DropConstraint{Kind::Taint, std::string(words[2])};
  if (words.size() < 3 || words[0] != "without")
    return std::nullopt;
  if (words.size() == 4 && words[1] == "node" && words[2] == "selector")
    return DropConstraint{Kind::NodeSelector, std::string(words[3])};
  if (words.size() == 3 && words[1] == "node" && words[2] == "affinity")
    return DropConstraint{Kind::NodeAffinity, {}};
  if (words.size() == 3 && words[1] == "device" && words[2] == "model")
    return DropConstraint{Kind::DeviceModel, {}};
  return std::nullopt;
}

std::optional<Step> read_priority(const Words& words) {
  if (words.size() != 2 || words[0] != "priority")
    return std::nullopt;
  const auto number = number_from(words[1]);
  return number ? std::optional<Step>(SetPriority{*number}) : std::nullopt;
}

} // namespace

std::string to_string(const Step& step) {
  return std::visit([](const auto& kind) { return text_of(kind); }, step);
}

std::string to_string(const Change& change) {
  std::string text;
  for (const Step& step : change.steps)
    text += (text.empty() ? "" : " and ") + to_string(step);
  return text;
}

Result<Step> parse_step(std::string_view sentence) {
  if (sentence.size() <= kSentenceBytesMax) {
    const Words words = words_of(sentence);
    for (const auto read : {read_nodes, read_amount, read_constraint, read_priority})
      if (auto step = words.size() <= kWordsMax ? read(words) : std::nullopt)
        return *std::move(step);
  }
  return fail(Code::Invalid, "\"" + std::string(sentence.substr(0, kSentenceBytesMax)) +
                                 "\": " + std::string(kForms));
}

} // namespace berth::allocation
