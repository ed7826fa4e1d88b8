#include "cli/watch/watch.hpp"

#include <optional>
#include <utility>

#include "cli/monitor/frame.hpp"

namespace berth::cli {
namespace {

bool is_document(const CliOptions& options) {
  return options.output == Output::Json || options.output == Output::Yaml;
}

/// Empty: there is nothing new to write.
std::string next_picture(const std::string& text, const std::string& last,
                         const CliOptions& options, const Surroundings& around) {
  const auto screen = around.going.screen();
  if (screen && !is_document(options))
    return drawn_over(fit(text, *screen));
  if (text == last)
    return {};
  if (options.output == Output::Yaml)
    return "---\n" + text;
  return text + (is_document(options) ? "" : "\n");
}

} // namespace

async::Task<Answer> answer_watching(kube::Client& client, CliOptions options, Surroundings around,
                                    Ask ask) {
  std::optional<std::string> seen;
  std::string last;
  for (;;) {
    if (seen)
      co_await around.going.wait(kWatchInterval);
    around.now = around.going.now();
    Answer answer = co_await ask(client, options, around);
    const bool has_failed = answer.exit_code != 0;
    if (has_failed && (!seen || is_document(options)))
      co_return answer;
    if (!has_failed)
      seen = std::move(answer.out);
    // What could not be read, too: stderr would be drawn over.
    const std::string text = *seen + (is_document(options) ? std::string() : answer.err);
    const std::string picture = next_picture(text, last, options, around);
    last = text;
    if (picture.empty())
      continue;
    const bool is_read = around.going.write(picture);
    if (!is_read)
      co_return Answer{};
  }
}

} // namespace berth::cli
