#include "lib/http/response_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include "lib/http/growing_body.hpp"

namespace berth::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t kResponseReadBytes = std::size_t{64} << 10U;
constexpr std::size_t kUnparsedResponseBytesMax = std::size_t{128} << 10U;
constexpr int kInterimResponsesMax = 8;
constexpr int kSwitchingProtocols = 101;

using Parser = beast::http::response_parser<GrowingBody>;

tl::unexpected<Error> failure_of(const beast::error_code& error) {
  if (error == beast::http::error::body_limit)
    return fail(Code::TooLarge, "the response's body is longer than allowed");
  if (error == beast::http::error::header_limit)
    return fail(Code::TooLarge, "the response's head is longer than allowed");
  return fail(Code::Invalid, "the response is not valid HTTP: " + error.message());
}

/// Beast skips transfer codings that it does not know; the body's end would be a guess then.
bool has_known_framing(const Parser::value_type& message) {
  const auto [first, last] = message.equal_range(beast::http::field::transfer_encoding);
  if (first == last)
    return true;
  return std::next(first) == last &&
         equal_names({first->value().data(), first->value().size()}, "chunked");
}

} // namespace

struct ResponseReader::Impl {
  ResponseLimits limits;
  bool has_body;
  beast::flat_buffer buffer{};
  std::optional<Parser> parser{};
  bool started = false;
  int interim_responses = 0;

  void expect_response();
  Result<void> read();
  Result<void> check_head();
};

ResponseReader::ResponseReader(ResponseLimits limits, bool has_body)
    : impl_(new Impl{limits, has_body}) {
  impl_->expect_response();
}

ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;

void ResponseReader::Impl::expect_response() {
  constexpr std::uint64_t kHeaderLimitMax = std::numeric_limits<std::uint32_t>::max();
  parser.emplace();
  parser->header_limit(static_cast<std::uint32_t>(
      std::min(std::uint64_t{limits.header_bytes_max}, kHeaderLimitMax)));
  parser->body_limit(std::uint64_t{limits.body_bytes_max});
  parser->skip(!has_body);
}

std::span<char> ResponseReader::space() {
  const auto free = impl_->buffer.prepare(kResponseReadBytes);
  return {static_cast<char*>(free.data()), free.size()};
}

Result<void> ResponseReader::received(std::size_t bytes) {
  impl_->buffer.commit(bytes);
  impl_->started = impl_->started || bytes > 0;
  return impl_->read();
}

Result<void> ResponseReader::Impl::read() {
  // Without eager() a put() ends at the head's end, where interim answers are told from the real
  // one.
  while (!parser->is_done() && buffer.size() > 0) {
    const bool was_in_head = !parser->is_header_done();
    beast::error_code error;
    const std::size_t used = parser->put(buffer.data(), error);
    buffer.consume(used);
    if (error == beast::http::error::need_more)
      break;
    if (error)
      return failure_of(error);
    if (was_in_head && parser->is_header_done())
      BERTH_CHECK(check_head());
  }
  if (buffer.size() >= kUnparsedResponseBytesMax)
    return fail(Code::TooLarge, "the response's chunk header or trailer is longer than allowed");
  return {};
}

Result<void> ResponseReader::Impl::check_head() {
  const int status = static_cast<int>(parser->get().result_int());
  if (!has_known_framing(parser->get()))
    return fail(Code::Invalid, "the response has an unknown Transfer-Encoding");
  if (status >= 200)
    return {};
  if (status == kSwitchingProtocols || ++interim_responses > kInterimResponsesMax)
    return fail(Code::Invalid, "the server answered with status " + std::to_string(status));
  expect_response();
  return {};
}

Result<void> ResponseReader::ended() {
  beast::error_code error;
  if (impl_->started && !impl_->parser->is_done() && impl_->parser->is_header_done())
    impl_->parser->put_eof(error);
  if (!error && impl_->parser->is_done())
    return {};
  return fail(Code::Unavailable, "the server closed the connection inside its response");
}

bool ResponseReader::started() const {
  return impl_->started;
}

bool ResponseReader::head_done() const {
  return impl_->parser->is_header_done();
}

bool ResponseReader::done() const {
  return impl_->parser->is_done();
}

bool ResponseReader::keep_alive() const {
  // Bytes after the end belong to no request of ours.
  return impl_->parser->keep_alive() && impl_->buffer.size() == 0;
}

Response ResponseReader::take_head() {
  const auto& message = impl_->parser->get();
  Response head;
  head.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    head.headers.add(std::string(field.name_string()), std::string(field.value()));
  return head;
}

std::string ResponseReader::take_body() {
  return std::exchange(impl_->parser->get().body(), {});
}

} // namespace berth::http
