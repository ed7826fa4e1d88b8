#include "tests/contract/watch_reader.hpp"

#include <catch2/catch.hpp>

namespace berth::contract {
namespace {

/// The stream ends where its reader is, since the transport may close sockets in its destructor.
async::Task<void> close(std::unique_ptr<http::BodyStream> body) {
  body.reset();
  co_return;
}

} // namespace

WatchReader::WatchReader(ApiUnderTest& api, const std::string& collection, const std::string& query)
    : api_(api) {
  const bool limited = query.find("timeoutSeconds") != std::string::npos;
  const std::string target =
      collection + "?watch=true" + (limited ? "" : "&timeoutSeconds=20") + query;
  http::Request request{"GET", target, {}, ""};
  request.headers.add("Accept", "application/json");
  auto opened = api_.await(api_.server().transport().open(std::move(request), {}));
  if (!opened)
    FAIL("watch of " << collection << ": " << opened.error().message);
  status_ = opened->status;
  body_ = std::move(opened->body);
}

WatchReader::~WatchReader() {
  if (body_)
    api_.server().run(close(std::move(body_)));
}

std::optional<Json> WatchReader::next() {
  while (text_.find('\n') == std::string::npos)
    if (!read_more())
      return std::nullopt;
  const auto end = text_.find('\n');
  Json event = Json::parse(text_.substr(0, end), nullptr, false);
  text_.erase(0, end + 1);
  UNSCOPED_INFO("event: " << event.dump().substr(0, 300));
  return event;
}

std::string WatchReader::next_change() {
  while (const auto event = next()) {
    const std::string type = text_at(*event, "/type");
    if (type != "BOOKMARK")
      return type + " " + text_at(*event, "/object/metadata/name");
  }
  return "";
}

bool WatchReader::read_more() {
  if (ended_)
    return false;
  const std::stop_token never;
  auto piece = api_.await(body_->next(never));
  ended_ = !piece || piece->empty();
  if (!ended_)
    text_ += *piece;
  return !ended_;
}

} // namespace berth::contract
