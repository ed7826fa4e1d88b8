#include "lib/api/json.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace berth::api {
namespace {

/// Builds the document from the parser's events and stops it at the first thing that is refused.
class GuardedBuilder final : public nlohmann::json_sax<Json> {
public:
  explicit GuardedBuilder(std::size_t depth_max) : depth_max_(depth_max) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto [slot, is_new] = open_.back()->emplace(name, nullptr);
    if (!is_new)
      return refuse("the key \"" + name.substr(0, kKeyCharsShown) + "\" appears twice");
    member_ = &*slot;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without the prefix.
    std::string_view what = problem.what();
    if (const auto end = what.find("] "); what.starts_with('[') && end != what.npos)
      what.remove_prefix(end + 2);
    return refuse(std::string(what.substr(0, kProblemCharsShown)) + " (byte " +
                  std::to_string(position) + ')');
  }

  [[nodiscard]] Json take() { return std::move(root_); }
  [[nodiscard]] const std::optional<std::string>& refusal() const { return refusal_; }

private:
  static constexpr std::size_t kKeyCharsShown = 64;
  static constexpr std::size_t kProblemCharsShown = 200;

  /// Puts a value where the document is being written: the root, a member or the end of a list.
  Json& place(Json&& value) {
    if (open_.empty())
      return root_ = std::move(value);
    if (member_ != nullptr)
      return *std::exchange(member_, nullptr) = std::move(value);
    open_.back()->push_back(std::move(value));
    return open_.back()->back();
  }

  template <class T>
  bool add(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json&& container) {
    if (open_.size() >= depth_max_)
      return refuse("nested deeper than " + std::to_string(depth_max_) + " levels");
    open_.push_back(&place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool refuse(std::string why) {
    if (!refusal_)
      refusal_ = std::move(why);
    return false;
  }

  std::size_t depth_max_;
  Json root_;
  std::vector<Json*> open_; ///< the containers being filled, outermost first
  Json* member_ = nullptr;  ///< the object member that waits for its value
  std::optional<std::string> refusal_;
};

} // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.text_bytes_max)
    return fail(Code::TooLarge, "JSON of " + std::to_string(text.size()) +
                                    " bytes is longer than the limit of " +
                                    std::to_string(limits.text_bytes_max));
  GuardedBuilder builder(limits.depth_max);
  try {
    if (Json::sax_parse(text, &builder))
      return builder.take();
  } catch (const Json::exception& problem) {
    return fail(Code::Invalid, std::string("not JSON: ") + problem.what());
  }
  return fail(Code::Invalid, "not JSON: " + builder.refusal().value_or("unknown problem"));
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace berth::api
