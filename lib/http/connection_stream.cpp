#include <utility> // before Asio (Boost 1.74)

#include "lib/http/connection_stream.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>

namespace berth::http {

ConnectionStream::ConnectionStream(std::shared_ptr<ConnectionPool> pool,
                                   std::shared_ptr<Connection> connection, ResponseReader reader,
                                   Duration idle_timeout)
    : pool_(std::move(pool)), connection_(std::move(connection)), reader_(std::move(reader)),
      idle_timeout_(idle_timeout) {}

ConnectionStream::~ConnectionStream() {
  boost::asio::dispatch(pool_->executor().context(),
                        [pool = pool_, connection = connection_] { pool->drop(connection); });
}

async::Task<Result<std::string>> ConnectionStream::next(std::stop_token stop) {
  co_await async::switch_to(pool_->executor());
  if (stop.stop_requested()) {
    connection_->close();
    co_return fail(Code::Cancelled, "the stream was stopped");
  }
  // The callback may run on any thread; the connection lives on the executor's.
  const std::stop_callback on_stop(stop, [pool = pool_, connection = connection_] {
    pool->executor().post([connection] { connection->close(); });
  });
  auto piece = co_await read_piece();
  if (!piece && stop.stop_requested())
    co_return fail(Code::Cancelled, "the stream was stopped");
  co_return piece;
}

async::Task<Result<std::string>> ConnectionStream::read_piece() {
  std::string piece = reader_.take_body();
  while (piece.empty() && !reader_.done()) {
    connection_->expires_after(idle_timeout_);
    const IoResult read = co_await connection_->read_some(reader_.space());
    if (read.status == IoStatus::Ok) {
      BERTH_CO_CHECK(reader_.received(read.bytes));
    } else if (read.status == IoStatus::Ended) {
      BERTH_CO_CHECK(reader_.ended());
    } else {
      const Code code = read.status == IoStatus::TimedOut ? Code::Timeout : Code::Unavailable;
      co_return fail(code, "the stream broke: " + read.why);
    }
    piece = reader_.take_body();
  }
  connection_->expires_never(); // the caller may take its time
  co_return piece;
}

} // namespace berth::http
