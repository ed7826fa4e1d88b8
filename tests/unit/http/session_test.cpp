// A connection that is taken out of service for another, at whatever moment that happens.
#include <utility> // before Asio (Boost 1.74)

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch.hpp>

#include "lib/http/session.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

namespace asio = boost::asio;

/// A session whose client has gone already, so that it ends as soon as it runs.
struct Ending {
  Ending() {
    asio::post(strand, [served = session] { async::start(served->serve()); });
  }

  std::shared_ptr<ServerState> state =
      std::make_shared<ServerState>(testing::echo, ServerLimits{}, 1);
  Strand strand = asio::make_strand(state->context);
  std::shared_ptr<Session> session =
      std::make_shared<Session>(state, strand, asio::ip::tcp::socket(state->context), TlsContext{});
};

TEST_CASE("A connection that has ended is evicted no more, though its end was not yet known") {
  const Ending ending;
  const IdleTicket seen = ending.session->idle_ticket();
  REQUIRE(seen != kNotIdle);
  ending.state->context.run();
  CHECK_FALSE(ending.session->claim(seen));
  CHECK(ending.session->idle_ticket() == kNotIdle); // nobody takes it for a candidate
}

TEST_CASE("An evicted connection counts as being evicted until it has ended") {
  const Ending ending;
  REQUIRE(ending.session->claim(ending.session->idle_ticket()));
  ++ending.state->evicting;
  ending.state->context.run();
  CHECK(ending.state->evicting == 0);
}

} // namespace
} // namespace berth::http
