#include "analyzer/advise/pool_webhook.hpp"

#include <utility>

#include "analyzer/advise/pool_order.hpp"
#include "lib/base/file.hpp"
#include "lib/outbound/signature.hpp"

namespace berth::analyzer {
namespace {

/// Whether the same may be asked again at once.
bool is_passing(const Result<int>& status) {
  constexpr int kTooMany = 429;
  if (!status)
    return status.error().code == Code::Unavailable || status.error().code == Code::Timeout;
  return *status == kTooMany || *status >= 500;
}

Result<void> outcome_of(const Result<int>& status) {
  if (!status)
    return fail(status.error().while_doing("call the pool's webhook"));
  if (*status >= 200 && *status < 300)
    return {};
  return fail(is_passing(status) ? Code::Unavailable : Code::Invalid,
              "the pool's webhook answered " + std::to_string(*status));
}

} // namespace

Result<std::string> read_webhook_secret(const std::string& file) {
  BERTH_TRY(std::string secret, read_file(file, kWebhookSecretBytesMax));
  secret.erase(secret.find_last_not_of("\r\n") + 1);
  if (secret.size() < kWebhookSecretBytesMin)
    return fail(Code::Invalid, file + ": must have " + std::to_string(kWebhookSecretBytesMin) +
                                   " bytes or more, and has " + std::to_string(secret.size()));
  return secret;
}

async::Task<Result<int>> PoolWebhook::try_once(std::string body, std::string key) {
  const auto secret = read_webhook_secret(options_.secret_file);
  if (!secret)
    co_return fail(secret.error());
  http::Request request;
  request.method = "POST";
  request.target = options_.target;
  request.headers.add("Content-Type", "application/json");
  request.headers.add(std::string(kIdempotencyHeader), std::move(key));
  request.headers.add(std::string(kSignatureHeader),
                      outbound::signature_of(*secret, executor_.clock().now(), body));
  request.body = std::move(body);
  http::SendOptions options;
  options.timeout = options_.timeout;
  options.response_bytes_max = options_.response_bytes_max;
  const auto answer = co_await transport_.send(std::move(request), options);
  if (!answer)
    co_return fail(answer.error());
  co_return answer->status;
}

async::Task<Result<void>> PoolWebhook::send(PoolOrder order) {
  const std::string body = order_text(order);
  Duration pause = options_.pause;
  Result<int> status = fail(Code::Internal, "it was not tried");
  for (int tried = 0; tried < options_.tries_max; ++tried) {
    if (tried > 0) {
      co_await async::sleep_for(executor_, pause);
      pause *= 2;
    }
    status = co_await try_once(body, order.idempotency_key);
    if (!is_passing(status))
      break;
  }
  co_return outcome_of(status);
}

} // namespace berth::analyzer
