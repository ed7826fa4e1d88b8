#include "scheduler-extender/gate.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/api/json_reading.hpp"
#include "lib/api/labels.hpp"
#include "lib/kube/base64.hpp"

namespace berth::extender {
namespace {

using api::Json;

constexpr const char* kReviewVersion = "admission.k8s.io/v1";
constexpr std::string_view kDefaultScheduler = "default-scheduler";
constexpr std::array<std::string_view, 2> kDaemonSetControllers{
    "system:serviceaccount:kube-system:daemon-set-controller", "system:kube-controller-manager"};

/// The member, which is part of `object`.
Result<const Json*> object_at(const Json& object, const char* name, const char* path) {
  const Json& found = api::member_in(object, name);
  if (!found.is_object())
    return fail(Code::Invalid, std::string(path) + ": must be an object");
  return &found;
}

bool is_creation_of_a_pod(const Json& request) {
  const Json& resource = api::member_in(request, "resource");
  return api::text_in(resource, "group").empty() && api::text_in(resource, "version") == "v1" &&
         api::text_in(resource, "resource") == "pods" &&
         api::text_in(request, "subResource").empty() &&
         api::text_in(request, "operation") == "CREATE";
}

bool is_controlled_by_daemonset(const Json& pod) {
  const Json& owners = api::member_at(pod, "/metadata/ownerReferences");
  return owners.is_array() && std::ranges::any_of(owners, [](const Json& owner) {
           return api::text_in(owner, "kind") == "DaemonSet" &&
                  api::member_in(owner, "controller") == true;
         });
}

bool is_made_by_daemonset_controller(const Json& request, const Json& pod) {
  return std::ranges::find(kDaemonSetControllers, api::text_at(request, "/userInfo/username")) !=
             kDaemonSetControllers.end() &&
         is_controlled_by_daemonset(pod);
}

Result<void> read_spec(const Json& spec, GateReview& review) {
  review.has_node = !api::text_in(spec, "nodeName").empty();
  review.scheduler_name = api::text_in(spec, "schedulerName");
  const Json& gates = api::member_in(spec, "schedulingGates");
  if (gates.is_null())
    return {};
  if (!gates.is_array())
    return fail(Code::Invalid, "request.object.spec.schedulingGates: must be a list");
  review.has_gates = true;
  review.is_gated = std::ranges::any_of(
      gates, [](const Json& gate) { return api::text_in(gate, "name") == api::kAdmissionGate; });
  return {};
}

http::Response text_response(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text) + '\n'};
}

} // namespace

Result<GateReview> decode_review(std::string_view body) {
  BERTH_TRY(const Json document, api::parse_json(body, {.text_bytes_max = kGateBodyBytesMax}));
  if (api::text_in(document, "apiVersion") != kReviewVersion ||
      api::text_in(document, "kind") != "AdmissionReview")
    return fail(Code::Invalid, "must be an AdmissionReview of admission.k8s.io/v1");
  BERTH_TRY(const Json* request, object_at(document, "request", "request"));
  GateReview review;
  review.uid = api::text_in(*request, "uid");
  if (review.uid.empty() || review.uid.size() > kReviewUidBytesMax)
    return fail(Code::Invalid, "request.uid: must be a text of 1 to 256 bytes");
  review.creates_pod = is_creation_of_a_pod(*request);
  if (!review.creates_pod)
    return review;
  BERTH_TRY(const Json* pod, object_at(*request, "object", "request.object"));
  BERTH_TRY(const Json* spec, object_at(*pod, "spec", "request.object.spec"));
  BERTH_CHECK(read_spec(*spec, review));
  review.is_of_daemonset = is_made_by_daemonset_controller(*request, *pod);
  return review;
}

std::string gate_patch(const GateReview& review, const GateOptions& options) {
  if (!review.creates_pod || review.has_node || review.is_of_daemonset)
    return {};
  Json patch = Json::array();
  const Json gate = {{"name", std::string(api::kAdmissionGate)}};
  if (!review.is_gated && review.has_gates)
    patch.push_back({{"op", "add"}, {"path", "/spec/schedulingGates/-"}, {"value", gate}});
  else if (!review.is_gated)
    patch.push_back(
        {{"op", "add"}, {"path", "/spec/schedulingGates"}, {"value", Json::array({gate})}});
  const bool names_none =
      review.scheduler_name.empty() || review.scheduler_name == kDefaultScheduler;
  if (!options.scheduler_name.empty() && names_none)
    patch.push_back(
        {{"op", "add"}, {"path", "/spec/schedulerName"}, {"value", options.scheduler_name}});
  return patch.empty() ? std::string() : api::to_text(patch);
}

std::string encode_review(const GateReview& review, const std::string& patch) {
  Json response = {{"uid", review.uid}, {"allowed", true}};
  if (!patch.empty()) {
    response["patchType"] = "JSONPatch";
    response["patch"] = kube::encode_base64(patch);
  }
  return api::to_text(
      {{"apiVersion", kReviewVersion}, {"kind", "AdmissionReview"}, {"response", response}});
}

async::Task<http::Response> GateWebhook::handle(http::Request request) {
  if (http::path_of(request.target) != kGatePath)
    co_return text_response(404, "no such path");
  if (request.method != "POST")
    co_return text_response(405, "reviews are posted");
  const Result<GateReview> review = decode_review(request.body);
  if (!review) {
    metrics_.reviews(telemetry::GateOutcome::Invalid).add();
    log_.warn("Refused a review that cannot be read", review.error());
    co_return text_response(review.error().code == Code::TooLarge ? 413 : 400,
                            review.error().message);
  }
  const std::string patch = gate_patch(*review, options_);
  metrics_.reviews(patch.empty() ? telemetry::GateOutcome::Left : telemetry::GateOutcome::Gated)
      .add();
  std::string body = encode_review(*review, patch);
  co_return http::Response{200, {{"Content-Type", "application/json"}}, std::move(body)};
}

} // namespace berth::extender
