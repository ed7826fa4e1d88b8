#pragma once
// Writing a status: by server-side apply under the operator's field manager, and only when it
// differs from what the API has. The status is whole each time: what is left out is given up.

#include <string>
#include <utility>

#include "lib/api/codec.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/outcome.hpp"
#include "operator/failpoint.hpp"

namespace berth::op {

struct StatusWriter {
  kube::Client& client;
  FailpointPlan& failpoints;

  /// `current` is the part of the object's status that the operator owns.
  template <class T, class Status = decltype(T::status)>
  [[nodiscard]] async::Task<kube::Outcome> write(const kube::ResourceType& type, const T& object,
                                                 Status current, Status wanted) {
    if (current == wanted)
      co_return kube::Outcome::done();
    failpoints.pass(Failpoint::BeforeStatusWrite);
    std::string body = api::encode_status<T>(object.meta, wanted);
    kube::WriteOptions options;
    options.subresource = "status";
    options.force = true;
    auto written = co_await client.patch(type, object.meta.key(), kube::PatchType::Apply,
                                         std::move(body), options);
    if (written || written.error().code == Code::NotFound)
      co_return kube::Outcome::done();
    co_return kube::Outcome::retry(written.error().while_doing("write the status of " + type.kind +
                                                               " " + to_string(object.meta.key())));
  }
};

} // namespace berth::op
