#include "lib/decision_log/record.hpp"

#include <array>
#include <charconv>

#include "lib/decision_log/codec.hpp"

namespace berth::decision_log {

BERTH_LOG_FIELDS(AdmittedWork, workload, quota, pool, nodes)
BERTH_LOG_FIELDS(EvictedWork, victim, preemptor, step, reason)
BERTH_LOG_FIELDS(LoggedDecision, digest, parts, admitted, evicted, waiting)
BERTH_LOG_FIELDS(PictureLine, format, program, missing)
BERTH_LOG_FIELDS(AuditEntry, verb, workload, namespace_name, name, quota, pool, amounts, nodes,
                 reason, why, by, rules, waited)
BERTH_LOG_FIELDS(CycleLine, cycle, generation, as_of, now, seed, memory_follows, input, decision)

namespace {

constexpr std::string_view kPictureKey = "{\"format\":";
constexpr std::string_view kCycleKey = "{\"cycle\":";
constexpr std::string_view kAuditKey = "{\"audit\":";
/// "4294967295 89abcdef "
constexpr std::size_t kHeadBytesMax = 20;
constexpr std::size_t kCrcDigits = 8;

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78U; // reflected
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
    table[byte] = value;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

/// Whole object, with the key first that the line is told by (the others are sorted).
std::string with_first(std::string_view key, std::uint64_t value, const Json& others) {
  return std::string(key) + std::to_string(value) + "," + api::to_text(others).substr(1);
}

Result<Json> parse(std::string_view line) {
  api::JsonLimits limits;
  limits.text_bytes_max = line.size();
  return api::parse_json(line, limits);
}

template <class T>
Result<T> read_line(const Json& json) {
  const api::FindTimeZone no_zones = [](std::string_view) {
    return fail(Code::Invalid, "no time zone is expected");
  };
  Decoder decoder(no_zones);
  return decoder.decode<T>(json);
}

} // namespace

std::string line_of(const PictureLine& picture) {
  Json others = encode(picture);
  others.erase("format");
  return with_first(kPictureKey, static_cast<std::uint64_t>(picture.format), others);
}

std::string line_of(const CycleLine& cycle) {
  Json others = encode(cycle);
  others.erase("cycle");
  return with_first(kCycleKey, cycle.cycle, others);
}

std::string line_of(const AuditEntry& entry) {
  return std::string(kAuditKey) + api::to_text(encode(entry)) + "}";
}

LineKind kind_of(std::string_view line) {
  if (line.starts_with(kPictureKey))
    return LineKind::Picture;
  if (line.starts_with(kAuditKey))
    return LineKind::Audit;
  return line.starts_with(kCycleKey) ? LineKind::Cycle : LineKind::Change;
}

Result<PictureLine> read_picture(std::string_view line) {
  BERTH_TRY(const Json json, parse(line));
  const auto format = json.find("format");
  if (format == json.end() || !format->is_number_integer() || *format != kFormat)
    return fail(Code::Invalid, "written in another format than " + std::to_string(kFormat) +
                                   ", which this program reads");
  return read_line<PictureLine>(json);
}

Result<CycleLine> read_cycle(std::string_view line) {
  BERTH_TRY(const Json json, parse(line));
  return read_line<CycleLine>(json);
}

Result<AuditEntry> read_entry(std::string_view line) {
  BERTH_TRY(const Json json, parse(line));
  const auto entry = json.find("audit");
  if (entry == json.end() || json.size() != 1)
    return fail(Code::Invalid, "is no entry of the audit");
  return read_line<AuditEntry>(*entry);
}

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes)
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (crc >> 8U);
  return crc ^ 0xFFFFFFFFU;
}

std::string framed(std::string_view line) {
  std::array<char, kCrcDigits> digits{};
  digits.fill('0');
  std::array<char, kCrcDigits> made{};
  const auto end = std::to_chars(made.data(), made.data() + made.size(), crc32c(line), 16).ptr;
  const auto count = static_cast<std::size_t>(end - made.data());
  std::copy(made.data(), end, digits.data() + (kCrcDigits - count));
  std::string frame = std::to_string(line.size()) + " ";
  frame.append(digits.data(), digits.size());
  frame.push_back(' ');
  frame.append(line);
  frame.push_back('\n');
  return frame;
}

Result<std::optional<Framed>> take_framed(std::string_view bytes, std::size_t line_bytes_max) {
  const auto no_frame = [] { return fail(Code::Invalid, "no record begins here"); };
  const auto space = bytes.substr(0, kHeadBytesMax).find(' ');
  if (space == std::string_view::npos)
    return bytes.size() < kHeadBytesMax ? Result<std::optional<Framed>>{std::nullopt} : no_frame();
  std::size_t size = 0;
  const std::string_view length = bytes.substr(0, space);
  const auto [size_end, size_error] =
      std::from_chars(length.data(), length.data() + length.size(), size);
  if (size_error != std::errc{} || size_end != length.data() + length.size())
    return no_frame();
  if (size > line_bytes_max)
    return fail(Code::Invalid, "a record of " + std::to_string(size) + " bytes is longer than " +
                                   std::to_string(line_bytes_max));
  const std::size_t line_at = space + 1 + kCrcDigits + 1;
  if (bytes.size() < line_at + size + 1)
    return std::optional<Framed>{};
  std::uint32_t crc = 0;
  const char* const digits = bytes.data() + space + 1;
  const auto [crc_end, crc_error] = std::from_chars(digits, digits + kCrcDigits, crc, 16);
  if (crc_error != std::errc{} || crc_end != digits + kCrcDigits || bytes[line_at - 1] != ' ' ||
      bytes[line_at + size] != '\n')
    return no_frame();
  const std::string_view line = bytes.substr(line_at, size);
  if (crc32c(line) != crc)
    return fail(Code::Invalid, "a record does not have its checksum");
  return std::optional<Framed>{{line, line_at + size + 1}};
}

} // namespace berth::decision_log
