#include <utility> // before Asio (Boost 1.74)

#include "lib/http/exchange.hpp"

#include "lib/http/wire.hpp"

namespace berth::http {
namespace {

/// Unavailable: nothing was sent. Timeout: it was, and nobody knows what became of it.
Error failure_of(const IoResult& broken, bool sent) {
  Error error;
  error.code = sent ? Code::Timeout : Code::Unavailable;
  if (broken.status == IoStatus::Closed)
    error.code = Code::Cancelled;
  error.message = "the call failed: " + broken.why;
  return error;
}

/// One read into `reader`. An end of the connection may be the end of the response.
async::Task<IoResult> read_into(Connection& connection, ResponseReader& reader,
                                Result<void>& parsed) {
  IoResult read = co_await connection.read_some(reader.space());
  if (read.status == IoStatus::Ok) {
    parsed = reader.received(read.bytes);
  } else if (read.status == IoStatus::Ended && reader.head_done()) {
    parsed = reader.ended();
    read.status = IoStatus::Ok;
  }
  if (!parsed && parsed.error().code == Code::Unavailable) // it was sent: the effect is unknown
    parsed = fail(Code::Timeout, parsed.error().message);
  co_return read;
}

} // namespace

Result<Outgoing> prepare(Request request, const Endpoint& endpoint) {
  Outgoing outgoing;
  BERTH_TRY(outgoing.head, request_head(request, endpoint.host_field(), endpoint.base_path));
  outgoing.only_reads =
      request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  outgoing.has_answer_body = request.method != "HEAD";
  constexpr std::size_t kJoinedBytesMax = std::size_t{64} << 10U;
  if (request.body.size() <= kJoinedBytesMax) // one packet, one TLS record
    outgoing.head.append(request.body);
  else
    outgoing.body = std::move(request.body);
  return outgoing;
}

async::Task<Exchange> exchange(std::shared_ptr<Connection> connection, const Outgoing& outgoing,
                               ResponseLimits limits, bool fresh) {
  Exchange done{fail(Code::Internal, "nothing was exchanged")};
  ResponseReader reader(limits, outgoing.has_answer_body);
  const IoResult written = co_await connection->write(outgoing.head, outgoing.body);
  const bool write_failed = written.status != IoStatus::Ok;
  // A server may answer and close before it has read everything, so its answer is looked for even
  // when writing failed.
  while (!reader.done()) {
    Result<void> parsed{};
    const IoResult read = co_await read_into(*connection, reader, parsed);
    if (!parsed) {
      done.response = fail(std::move(parsed).error());
      co_return done;
    }
    if (read.status != IoStatus::Ok) {
      const bool alerted = read.status == IoStatus::Alerted;
      const IoResult& broken = write_failed && !alerted ? written : read;
      const bool sent = written.bytes > 0;
      // On a fresh connection an alert ends the handshake: TLS 1.3 lets the client send before the
      // server has looked at its certificate.
      done.response = fail(failure_of(broken, sent && !(fresh && alerted)));
      const bool ours = broken.status == IoStatus::TimedOut || broken.status == IoStatus::Closed;
      done.may_repeat = !ours && !reader.started() && (!sent || outgoing.only_reads);
      co_return done;
    }
  }
  Response response = reader.take_head();
  response.body = reader.take_body();
  done.response = std::move(response);
  done.keep_alive = reader.keep_alive() && !write_failed;
  co_return done;
}

async::Task<Result<void>> exchange_head(std::shared_ptr<Connection> connection,
                                        const Outgoing& outgoing, ResponseReader& reader) {
  const IoResult written = co_await connection->write(outgoing.head, outgoing.body);
  if (written.status != IoStatus::Ok)
    co_return fail(failure_of(written, written.bytes > 0));
  while (!reader.head_done()) {
    Result<void> parsed{};
    const IoResult read = co_await read_into(*connection, reader, parsed);
    if (!parsed)
      co_return parsed;
    if (read.status != IoStatus::Ok)
      co_return fail(failure_of(read, read.status != IoStatus::Alerted));
  }
  co_return Result<void>{};
}

} // namespace berth::http
