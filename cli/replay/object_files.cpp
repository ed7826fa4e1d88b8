#include "cli/replay/object_files.hpp"

#include "lib/api/codec.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/kube/yaml_documents.hpp"

namespace berth::cli {
namespace {

Result<void> read_object(const api::Json& object, const std::string& kind,
                         decision_log::TrialChanges& changes) {
  if (!object.is_object() || object.value("kind", api::Json()) != kind)
    return fail(Code::Invalid, "its kind is not " + kind);
  if (kind == "Quota") {
    BERTH_TRY(const auto quota, api::decode<api::Quota>(object));
    changes.quotas.push_back(api::to_allocation(quota));
  } else {
    BERTH_TRY(const auto policy, api::decode<api::AllocationPolicy>(object));
    changes.policies.push_back(api::to_allocation(policy));
  }
  return {};
}

} // namespace

Result<void> read_changes(const std::string& text, const std::string& kind,
                          decision_log::TrialChanges& changes) {
  BERTH_TRY(const auto documents, kube::read_yaml_documents(text));
  for (std::size_t at = 0; at < documents.size(); ++at)
    if (const auto read = read_object(documents[at], kind, changes); !read)
      return fail(Code::Invalid,
                  "document " + std::to_string(at + 1) + ": " + read.error().message);
  if (documents.empty())
    return fail(Code::Invalid, "holds no " + kind);
  return {};
}

} // namespace berth::cli
