// The header of an npy file: a Python dictionary of three known keys, read by a parser that knows
// nothing else of Python.
#include "core/media/tensor_codecs.hpp"

namespace holo::media {
namespace {

Error corrupt(const std::string& what) {
  return make_error(HOLO_CORRUPT,
                    "this npy file is damaged: its header " + what + "; fetch or export it again");
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  // Consumes `token` if it is next.
  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::optional<std::string> quoted() {
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return std::nullopt;
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == text_.npos) return std::nullopt;
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  // Python 2 wrote "3L".
  std::optional<std::int64_t> number() {
    skip_space();
    const std::size_t first = at_;
    std::int64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const std::int64_t digit = text_[at_++] - '0';
      if (value > (INT64_MAX - digit) / 10) return std::nullopt;
      value = value * 10 + digit;
    }
    if (at_ == first) return std::nullopt;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;
    return value;
  }
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Status parse_shape(Scanner& scanner, std::vector<std::int64_t>& shape) {
  if (!scanner.take("(")) return corrupt("has no tuple as shape");
  while (!scanner.take(")")) {
    const auto extent = scanner.number();
    if (!extent) return corrupt("has a shape with something else than numbers from 0 to 2^63");
    if (shape.size() == kLargestRank) return corrupt("has a shape of more than 64 extents");
    shape.push_back(*extent);
    if (scanner.take(",")) continue;
    if (!scanner.take(")")) return corrupt("has a shape without an end");
    break;
  }
  return {};
}

Status parse_value(Scanner& scanner, std::string_view key, NpyHeader& header) {
  if (key == "shape") return parse_shape(scanner, header.shape);
  if (key == "fortran_order") {
    header.fortran_order = scanner.take("True");
    if (header.fortran_order || scanner.take("False")) return {};
    return corrupt("has neither True nor False as fortran_order");
  }
  if (key != "descr") return corrupt("has an unknown key");
  if (scanner.take("[")) {
    return make_error(HOLO_UNSUPPORTED,
                      "this npy file holds a structured array (records of several fields); save "
                      "each field as an array of its own");
  }
  const auto descr = scanner.quoted();
  if (!descr) return corrupt("has no text as descr");
  header.descr = *descr;
  return {};
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::string_view text) {
  Scanner scanner(text);
  NpyHeader header;
  std::map<std::string, bool> seen;
  if (!scanner.take("{")) return corrupt("does not begin with {");
  while (!scanner.take("}")) {
    const auto key = scanner.quoted();
    if (!key || !scanner.take(":")) return corrupt("has no key and colon where they belong");
    if (seen[*key]) return corrupt("has a key twice");
    seen[*key] = true;
    HOLO_TRY(parse_value(scanner, *key, header));
    if (scanner.take(",")) continue;
    if (!scanner.take("}")) return corrupt("has no comma or } behind a value");
    break;
  }
  if (seen.size() != 3) return corrupt("lacks one of descr, fortran_order and shape");
  if (!scanner.at_end()) return corrupt("has text behind the }");
  return header;
}

}  // namespace holo::media
