#include "lib/http/request_reader.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include "lib/base/ensure.hpp"
#include "lib/http/growing_body.hpp"

namespace berth::http {

namespace beast = boost::beast;

namespace {

/// Read at once. A chunk's size line and the trailer must fit as well.
constexpr std::size_t kRequestReadBytes = std::size_t{16} << 10U;
constexpr std::size_t kUnparsedRequestBytesMax = std::size_t{64} << 10U;
/// More memory than this is not kept for the next body.
constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20U;

Refusal refusal_of(const beast::error_code& error) {
  if (error == beast::http::error::body_limit)
    return Refusal{413, "The body is too long"};
  return Refusal{400, "The request is malformed"};
}

} // namespace

struct RequestReader::Impl {
  std::size_t header_bytes_max;
  std::size_t body_bytes_max;
  beast::flat_buffer buffer{};
  /// How far the search for the head's end has come.
  std::size_t searched = 0;
  std::optional<beast::http::request_parser<GrowingBody>> parser{};
  Request request{};
  std::string memory{}; ///< for the next body; empty

  [[nodiscard]] std::string_view received() const {
    return {static_cast<const char*>(buffer.data().data()), buffer.size()};
  }

  tl::expected<State, Refusal> read_head();
  tl::expected<State, Refusal> parse_head(std::size_t head_bytes);
  tl::expected<State, Refusal> read_body();
};

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : impl_(new Impl{header_bytes_max, body_bytes_max}) {}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::space() {
  const auto free = impl_->buffer.prepare(kRequestReadBytes);
  return {static_cast<char*>(free.data()), free.size()};
}

void RequestReader::received(std::size_t bytes) {
  impl_->buffer.commit(bytes);
}

tl::expected<RequestReader::State, Refusal> RequestReader::advance() {
  return impl_->parser ? impl_->read_body() : impl_->read_head();
}

tl::expected<RequestReader::State, Refusal> RequestReader::Impl::read_head() {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const std::string_view bytes = received();
  if (bytes.empty())
    return State::Idle;
  if (!is_token_char(bytes.front())) // such as a TLS handshake: no need to wait for more of it
    return tl::unexpected(Refusal{400, "The method is not a token"});
  const std::string_view head = bytes.substr(0, header_bytes_max);
  const auto end = head.find(kHeadEnd, searched);
  if (end != std::string_view::npos)
    return parse_head(end + kHeadEnd.size());
  if (bytes.size() >= header_bytes_max)
    return tl::unexpected(Refusal{431, "The head is too long"});
  searched = bytes.size() - std::min(bytes.size(), kHeadEnd.size() - 1);
  return State::Head;
}

tl::expected<RequestReader::State, Refusal>
RequestReader::Impl::parse_head(std::size_t head_bytes) {
  if (auto refusal = check_request_head(received().substr(0, head_bytes)))
    return tl::unexpected(*refusal);
  parser.emplace();
  parser->header_limit(std::numeric_limits<std::uint32_t>::max()); // the limit is kept above
  parser->body_limit(body_bytes_max);
  parser->get().body() = std::exchange(memory, {});
  beast::error_code error;
  const std::size_t used =
      parser->put(boost::asio::buffer(buffer.data().data(), head_bytes), error);
  if (error && error != beast::http::error::need_more)
    return tl::unexpected(refusal_of(error));
  if (!parser->is_header_done() || used != head_bytes)
    return tl::unexpected(Refusal{400, "The request is malformed"});
  const auto& message = parser->get();
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message)
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  buffer.consume(head_bytes);
  parser->eager(true);
  return read_body();
}

tl::expected<RequestReader::State, Refusal> RequestReader::Impl::read_body() {
  beast::error_code error;
  while (!parser->is_done() && buffer.size() > 0) {
    const std::size_t used = parser->put(buffer.data(), error);
    buffer.consume(used);
    if (error == beast::http::error::need_more)
      break;
    if (error)
      return tl::unexpected(refusal_of(error));
  }
  if (parser->is_done())
    return State::Done;
  if (buffer.size() >= kUnparsedRequestBytesMax)
    return tl::unexpected(Refusal{400, "A chunk's header or the trailer is too long"});
  return State::Body;
}

bool RequestReader::expects_continue() const {
  return impl_->parser->get().version() >= 11 && impl_->request.headers.find("Expect").has_value();
}

bool RequestReader::is_head_request() const {
  return impl_->request.method == "HEAD";
}

bool RequestReader::keep_alive() const {
  return impl_->parser->get().version() >= 11 && impl_->parser->keep_alive();
}

Request RequestReader::take() {
  ensure(impl_->parser && impl_->parser->is_done(), "a request was taken before it was complete");
  Request complete = std::move(impl_->request);
  complete.body = std::move(impl_->parser->get().body());
  impl_->request = Request{};
  impl_->parser.reset();
  impl_->searched = 0;
  return complete;
}

void RequestReader::reuse(std::string memory) {
  if (memory.capacity() > kKeptBytesMax)
    return;
  memory.clear();
  impl_->memory = std::move(memory);
}

} // namespace berth::http
