#pragma once
// Writing a status: by server-side apply under the operator's field manager, only when it differs
// from what the API has, and only onto the version that it was computed from. The status is whole
// each time: what is left out is given up.

#include <string>
#include <utility>
#include <vector>

#include "lib/api/codec.hpp"
#include "lib/kube/client.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct StatusWriter {
  kube::Client& client;
  FailpointPlan& failpoints;
  Leads leads;

  /// `current` is the part of the object's status that the operator owns. True if it was written;
  /// false if there is nothing to write, or if the object changed meanwhile: its change brings it
  /// back.
  template <class T, class Status = decltype(T::status)>
  [[nodiscard]] async::Task<Result<bool>> write(const kube::ResourceType& type, const T& object,
                                                Status current, Status wanted) {
    if (current == wanted)
      co_return false;
    std::string body = api::encode_status<T>(object.meta, wanted);
    co_return co_await send(type, object.meta, std::move(body));
  }

  /// The whole list, onto the version that it was decided on. As with write().
  [[nodiscard]] async::Task<Result<bool>> write_finalizers(kube::ResourceType type,
                                                           kube::ObjectMeta object,
                                                           std::vector<std::string> finalizers);

private:
  [[nodiscard]] async::Task<Result<bool>> send(kube::ResourceType type, kube::ObjectMeta object,
                                               std::string body);
};

} // namespace berth::op
