#include "cli/listing.hpp"

#include "lib/api/labels.hpp"

namespace berth::cli {

Error list_failure(const kube::ResourceType& type, const Error& error) {
  if (error.code == Code::NotFound && type.group == api::kGroup)
    return {Code::NotFound, type.plural + "." + type.group +
                                " are not served here: install Berth's custom resources with "
                                "\"kubectl apply -f crds/\""};
  return error.while_doing("list " + type.plural);
}

} // namespace berth::cli
