#include "core/lm/format_test_support.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "core/lm/byte_bpe.hpp"
#include "core/spectral/half_float.hpp"

namespace holo::lm::test {

using nlohmann::json;

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  REQUIRE(file.good());
}

void mutate_text(const std::string& valid, int rounds,
                 const std::function<void(const std::string&)>& read) {
  media::test::mutate(media::test::bytes_of(valid), rounds, [&](const media::test::Bytes& bytes) {
    read(std::string(bytes.begin(), bytes.end()));
  });
}

void write_tensors(const std::string& path, const std::vector<TestTensor>& tensors) {
  std::vector<UnitInfo> infos;
  for (const auto& tensor : tensors) {
    infos.push_back(media::test::tensor_info(tensor.name, tensor.type, tensor.shape));
  }
  auto file = AtomicFile::create(path, true);
  REQUIRE(file.ok());
  auto writer = media::create_tensors(**file, "safetensors", infos, {});
  REQUIRE(writer.ok());
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    auto unit = UnitBuffer::tensor(infos[t], INT64_MAX);
    REQUIRE(unit.ok());
    for (std::size_t i = 0; i < tensors[t].values.size(); ++i) {
      const float value = tensors[t].values[i];
      const auto whole = static_cast<std::int32_t>(value);
      const std::uint16_t narrow = tensors[t].type == "f16" ? spectral::float_to_half(value)
                                                            : spectral::float_to_bfloat(value);
      if (tensors[t].type == "f32") std::memcpy(unit->plane(0) + 4 * i, &value, 4);
      if (tensors[t].type == "i32") std::memcpy(unit->plane(0) + 4 * i, &whole, 4);
      if (infos[t].dtype.bits == 16) std::memcpy(unit->plane(0) + 2 * i, &narrow, 2);
    }
    REQUIRE((*writer)->push(*unit).ok());
  }
  REQUIRE((*writer)->finish().ok());
  REQUIRE((*file)->commit().ok());
}

std::string byte_vocabulary(const std::vector<std::string>& more) {
  json vocabulary = json::object();
  for (std::size_t i = 0; i < 256; ++i) vocabulary[byte_spellings()[i]] = i;
  for (const auto& token : more) vocabulary[token] = vocabulary.size();
  return vocabulary.dump();
}

std::string sentencepiece_json(const std::vector<std::string>& more,
                               const std::vector<std::string>& merges) {
  json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  for (int i = 0; i < 256; ++i) {
    char token[8];
    std::snprintf(token, sizeof token, "<0x%02X>", static_cast<unsigned>(i));
    vocabulary[token] = i + 3;
  }
  for (const auto& token : more) vocabulary[token] = vocabulary.size();
  json added = json::array();
  for (const char* token : {"<unk>", "<s>", "</s>"}) {
    added.push_back({{"id", vocabulary[token]}, {"content", token}, {"special", true}});
  }
  const json normalizer = {
      {"type", "Sequence"},
      {"normalizers",
       {{{"type", "Prepend"}, {"prepend", "\u2581"}},
        {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}}}}};
  json single = json::array();
  single.push_back({{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}});
  const json root = {
      {"added_tokens", added},
      {"normalizer", normalizer},
      {"pre_tokenizer", nullptr},
      {"post_processor", {{"type", "TemplateProcessing"}, {"single", single}}},
      {"model",
       {{"type", "BPE"}, {"byte_fallback", true}, {"vocab", vocabulary}, {"merges", merges}}}};
  return root.dump();
}

std::string random_text(std::uint32_t seed, std::size_t characters) {
  std::mt19937 random(seed);
  const std::vector<std::string> kinds = {" ",      "  ",     "\n",        "a",      "B",
                                          "7",      "'s",     "!?",        "\u00e9", "\u0416",
                                          "\u2581", "\u4e2d", "\U0001F600"};
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) {
    if (random() % 4 == 0) {
      text += static_cast<char>(random() % 128);
    } else {
      text += kinds[random() % kinds.size()];
    }
  }
  return text;
}

std::string corpus_file(const std::string& name) {
  const char* chosen = std::getenv("HOLO_CORPUS");
  const std::string path = std::string(chosen != nullptr ? chosen : HOLO_CORPUS) + "/" + name;
  if (std::filesystem::exists(path)) return path;
  std::cerr << "skipped: there is no '" << path << "' (HOLO_CORPUS names the corpus)\n";
  return {};
}

}  // namespace holo::lm::test
