#include "core/lm/json_file.hpp"

#include <filesystem>

#include "core/base/file.hpp"

namespace holo::lm {

using nlohmann::json;

Result<std::string> read_text_file(const std::string& path, std::uint64_t limit) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return make_error(HOLO_NOT_FOUND, "there is no file '" + path +
                                          "'; a model folder as Hugging Face has it contains one");
  }
  HOLO_ASSIGN(const auto reader, open_reader(path));
  if (reader->size() > limit) {
    return make_error(HOLO_NO_MEMORY, "'" + path + "' has " + std::to_string(reader->size()) +
                                          " bytes; the limit for this file is " +
                                          std::to_string(limit));
  }
  std::string text(static_cast<std::size_t>(reader->size()), '\0');
  HOLO_TRY(
      reader->read_at(0, std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size())));
  return text;
}

namespace {

constexpr int kDeepest = 32;

// Keeps where the parser gave up, which a discarded value does not tell.
class Syntax : public nlohmann::json_sax<json> {
 public:
  std::size_t position = 0;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    position = at;
    return false;
  }
};

}  // namespace

Result<json> parse_json_object(const std::string& text, const std::string& name) {
  Syntax syntax;
  if (!json::sax_parse(text, &syntax)) {
    return make_error(HOLO_INVALID_ARG, name + " is not JSON from byte " +
                                            std::to_string(syntax.position) +
                                            " on; fetch or write it again");
  }
  json value = json::parse(
      text, [](int depth, json::parse_event_t, json&) { return depth <= kDeepest; }, false);
  if (!value.is_object()) {
    return make_error(HOLO_INVALID_ARG,
                      name + " is not a JSON object: expected '{', found " + shown(value));
  }
  return value;
}

Result<json> read_json_object(const std::string& path, std::uint64_t limit) {
  HOLO_ASSIGN(const auto text, read_text_file(path, limit));
  return parse_json_object(text, "'" + path + "'");
}

const json& member(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string text_member(const json& object, const char* key) {
  const json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string shown(const json& value) {
  constexpr std::size_t kMost = 60;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_discarded()) return "nothing";
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

}  // namespace holo::lm
