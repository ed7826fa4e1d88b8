#include "lib/outbound/rest_transport.hpp"
#include "lib/http/beast_transport.hpp"

#include <coroutine>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/ssl.hpp>
#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>

namespace berth::outbound {
namespace {

using Answer = Result<http::Response>;
using Client = web::http::client::http_client;

/// A whole response in the making.
struct Exchange {
  http::Response response{};
  concurrency::streams::istream body{};
  std::size_t bytes_max = 0;
  std::size_t piece_bytes = 0;
};

pplx::task<Answer> read_body(std::shared_ptr<Exchange> exchange);

Error error_of(const web::http::http_exception& failure) {
  const auto code = failure.error_code();
  const bool is_late = code == std::errc::timed_out || code == std::errc::operation_canceled;
  return Error{is_late ? Code::Timeout : Code::Unavailable, failure.what()};
}

/// Runs `body`; whatever it throws is an answer as well.
Answer caught(const pplx::task<Answer>& done) {
  try {
    return done.get();
  } catch (const web::http::http_exception& failure) {
    return fail(error_of(failure));
  } catch (const std::exception& failure) {
    return fail(Code::Unavailable, failure.what());
  }
}

web::http::http_request to_rest(http::Request request) {
  web::http::http_request rest(request.method);
  rest.set_request_uri(web::uri(request.target));
  for (const auto& [name, value] : request.headers)
    rest.headers().add(name, value);
  if (!request.body.empty()) {
    const auto type = request.headers.find("Content-Type");
    rest.set_body(std::move(request.body), std::string(type.value_or("application/octet-stream")));
  }
  return rest;
}

tl::unexpected<Error> too_large(std::size_t bytes_max) {
  return fail(Code::TooLarge, "the answer is longer than " + std::to_string(bytes_max) + " bytes");
}

pplx::task<Answer> begin_body(const web::http::http_response& rest,
                              const std::shared_ptr<Exchange>& exchange) {
  exchange->response.status = rest.status_code();
  for (const auto& [name, value] : rest.headers())
    exchange->response.headers.add(name, value);
  if (rest.headers().content_length() > exchange->bytes_max)
    return pplx::task_from_result<Answer>(too_large(exchange->bytes_max));
  exchange->body = rest.body();
  return read_body(exchange);
}

/// Reads piece by piece, so that an answer that never ends is cut at its limit.
pplx::task<Answer> read_body(std::shared_ptr<Exchange> exchange) {
  using Piece = concurrency::streams::container_buffer<std::vector<std::uint8_t>>;
  const Piece piece;
  return exchange->body.read(piece, exchange->piece_bytes)
      .then([exchange, piece](std::size_t count) -> pplx::task<Answer> {
        if (count == 0)
          return pplx::task_from_result<Answer>(std::move(exchange->response));
        // The piece has room for more than was read.
        const std::span bytes = std::span(piece.collection()).first(count);
        exchange->response.body.append(bytes.begin(), bytes.end());
        if (exchange->response.body.size() > exchange->bytes_max)
          return pplx::task_from_result<Answer>(too_large(exchange->bytes_max));
        return read_body(exchange);
      });
}

web::http::client::http_client_config config_of(const RestOptions& options, Duration timeout) {
  web::http::client::http_client_config config;
  config.set_timeout(std::chrono::duration_cast<std::chrono::microseconds>(timeout));
  config.set_max_redirects(0);
  if (!options.ca_pem.empty())
    config.set_ssl_context_callback([pem = options.ca_pem](boost::asio::ssl::context& context) {
      context.add_certificate_authority(boost::asio::buffer(pem));
    });
  return config;
}

/// Sends the request; what cannot be sent at all is an answer as well.
pplx::task<Answer> ask(const web::uri& base, const RestOptions& rest, http::Request request,
                       const http::SendOptions& options) {
  const auto exchange = std::make_shared<Exchange>();
  exchange->bytes_max = options.response_bytes_max;
  exchange->piece_bytes = rest.piece_bytes;
  try {
    // The time-out is part of a client's configuration; a client without connections is cheap.
    const auto client = std::make_shared<Client>(base, config_of(rest, options.timeout));
    return client->request(to_rest(std::move(request)))
        .then([client, exchange](const web::http::http_response& response) {
          return begin_body(response, exchange);
        });
  } catch (const std::exception& failure) {
    return pplx::task_from_result<Answer>(fail(Code::Invalid, failure.what()));
  }
}

/// co_await for a task of cpprestsdk; goes on on the executor.
class RestOperation {
public:
  RestOperation(async::Executor& executor, pplx::task<Answer> task)
      : executor_(executor), task_(std::move(task)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    task_.then([this, waiting](const pplx::task<Answer>& done) {
      answer_ = caught(done);
      executor_.post([waiting] { async::resume(waiting); });
    });
  }
  Answer await_resume() { return std::move(answer_); }

private:
  async::Executor& executor_;
  pplx::task<Answer> task_;
  Answer answer_;
};

} // namespace

struct RestTransport::Impl {
  async::Executor& executor;
  web::uri base;
  RestOptions options;
};

RestTransport::RestTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestTransport::~RestTransport() = default;

Result<std::unique_ptr<RestTransport>>
RestTransport::create(async::Executor& executor, std::string_view url, RestOptions options) {
  if (const auto endpoint = http::Endpoint::parse(url); !endpoint)
    return fail(endpoint.error());
  try {
    web::uri base{std::string(url)};
    const Client tried(base,
                       config_of(options, std::chrono::seconds{1})); // throws on what is wrong
    return std::unique_ptr<RestTransport>(new RestTransport(
        std::make_shared<Impl>(Impl{executor, std::move(base), std::move(options)})));
  } catch (const std::exception& failure) {
    return fail(Code::Invalid, '"' + std::string(url) + "\": " + failure.what());
  }
}

async::Task<Answer> RestTransport::send(http::Request request, http::SendOptions options) {
  const auto impl = impl_; // outlives the transport for the length of the call
  pplx::task<Answer> asked = ask(impl->base, impl->options, std::move(request), options);
  RestOperation operation(impl->executor, std::move(asked));
  Answer answer = co_await operation;
  co_return answer;
}

async::Task<Result<http::StreamedResponse>> RestTransport::open(http::Request,
                                                                http::StreamOptions) {
  co_return fail(Code::Invalid, "nothing outside the cluster is watched");
}

} // namespace berth::outbound
