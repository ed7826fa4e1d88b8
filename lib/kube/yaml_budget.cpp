#include "lib/kube/yaml_budget.hpp"

#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace berth::kube {
namespace {

class Counter final : public YAML::EventHandler {
public:
  explicit Counter(YamlBudget budget) : budget_(budget) {}

  void OnDocumentStart(const YAML::Mark& mark) override { static_cast<void>(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (++aliases_ > budget_.aliases_max)
      throw YAML::ParserException(mark, "too many aliases");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark);
  }
  void OnMapEnd() override { --depth_; }

private:
  void count(const YAML::Mark& mark) {
    if (++nodes_ > budget_.nodes_max)
      throw YAML::ParserException(mark, "too many values");
  }
  void open(const YAML::Mark& mark) {
    count(mark);
    if (++depth_ > budget_.depth_max)
      throw YAML::ParserException(mark, "nested too deeply");
  }

  YamlBudget budget_;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
  std::size_t depth_ = 0;
};

} // namespace

Result<void> check_yaml(const std::string& text, YamlBudget budget) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Counter counter(budget);
    while (parser.HandleNextDocument(counter)) {
    }
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, std::string("not usable YAML: ") + problem.what());
  }
  return {};
}

} // namespace berth::kube
