#pragma once
// The machine-readable outputs: one JSON value as indented JSON or as YAML. Keys are sorted, so the
// same view gives the same bytes. And the cells of CSV.

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace berth::cli {

/// Indented, with a newline at the end.
[[nodiscard]] std::string json_document(const nlohmann::json& value);
/// Texts are quoted, so that "yes", "1e3" and "null" stay texts for every reader.
[[nodiscard]] std::string yaml_document(const nlohmann::json& value);

/// One cell as RFC 4180 has it: quoted where it must be.
[[nodiscard]] std::string csv_cell(const std::string& text);

} // namespace berth::cli
