#pragma once
// ListSchema: which lists of an object are keyed maps, sets or plain values. Strategic merge and
// server-side apply need it. Built-in kinds share one table by field name; custom kinds take theirs
// from the CRD's schema (x-kubernetes-list-type), and without one every list is a plain value.

#include <map>
#include <string>
#include <vector>

#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

struct ListType {
  enum class Kind { Atomic, Set, Map };
  Kind kind = Kind::Atomic;
  std::vector<std::string> keys{}; ///< of a Map
};

class ListSchema {
public:
  /// The lists of the kinds that a kube-apiserver serves by itself.
  [[nodiscard]] static const ListSchema& built_in();
  /// From the openAPIV3Schema of one CRD version.
  [[nodiscard]] static ListSchema from_open_api(const Json& schema);

  /// The list at a path of field names; indices are not part of a path.
  [[nodiscard]] ListType find(const std::vector<std::string>& path) const;

private:
  void add_open_api(const Json& schema, const std::string& path);

  bool by_last_name_ = false;
  std::map<std::string, ListType> types_; ///< by path joined with '/', or by last field name
};

/// Whether two items of a Map list have the same keys.
[[nodiscard]] bool same_item(const Json& left, const Json& right,
                             const std::vector<std::string>& keys);

} // namespace berth::simulation
