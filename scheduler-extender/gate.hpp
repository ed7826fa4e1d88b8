#pragma once
// Gate: the webhook that puts the scheduling gate on pods where the API server serves no
// MutatingAdmissionPolicy. Which pods it is asked about stands in its configuration (the chart's
// gate-webhook.yaml): those of managed namespaces, and those that ask for it. It looks again at
// what must not be gated, and refuses nobody: what it does not know passes as it is.

#include <string>
#include <string_view>

#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/http/message.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::extender {

/// An AdmissionReview holds one pod, which the API server keeps below 1.5 MB, and who asks.
inline constexpr std::size_t kGateBodyBytesMax = std::size_t{3} << 20U;
inline constexpr std::size_t kReviewUidBytesMax = 256;
inline constexpr std::string_view kGatePath = "/gate";

struct GateOptions {
  /// What pods get that name no scheduler; empty: they keep the cluster's.
  std::string scheduler_name{};
};

/// What of a review decides on the gate.
struct GateReview {
  std::string uid{};
  bool creates_pod = false; ///< else it is about something that cannot be gated
  bool has_node = false;    ///< the API server allows no gate beside spec.nodeName
  /// The DaemonSet controller's pods are bound to their nodes and must not wait for a turn.
  bool is_of_daemonset = false;
  bool has_gates = false; ///< a list to add to
  bool is_gated = false;
  std::string scheduler_name{};

  friend bool operator==(const GateReview&, const GateReview&) = default;
};

/// Invalid or TooLarge: it is no AdmissionReview of admission.k8s.io/v1, and names the field.
[[nodiscard]] Result<GateReview> decode_review(std::string_view body);

/// The JSON patch that gates the pod and names its scheduler; empty if it is to stay as it is.
[[nodiscard]] std::string gate_patch(const GateReview& review, const GateOptions& options);

/// The AdmissionReview that lets the pod pass, with the patch if there is one.
[[nodiscard]] std::string encode_review(const GateReview& review, const std::string& patch);

/// Answers the API server. Safe to call from several threads.
class GateWebhook {
public:
  GateWebhook(GateOptions options, telemetry::GateMetrics& metrics, telemetry::Logger log)
      : options_(std::move(options)), metrics_(metrics), log_(std::move(log)) {}

  /// The http::Handler.
  [[nodiscard]] async::Task<http::Response> handle(http::Request request);

private:
  GateOptions options_;
  telemetry::GateMetrics& metrics_;
  telemetry::Logger log_;
};

} // namespace berth::extender
