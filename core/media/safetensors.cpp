// Safetensors in and out: eight bytes of length, a JSON header, then the samples without a hole.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/media/tensor_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::uint64_t kLargestHeader = 100000000;  // as the format's own library has it
constexpr std::uint64_t kLengthBytes = 8;

struct NamedType {
  std::string_view name;
  std::string_view ours;
};
constexpr std::array<NamedType, 11> kTypes = {{{"F64", "f64"},
                                               {"F32", "f32"},
                                               {"F16", "f16"},
                                               {"BF16", "bf16"},
                                               {"I64", "i64"},
                                               {"I32", "i32"},
                                               {"I16", "i16"},
                                               {"I8", "i8"},
                                               {"U16", "u16"},
                                               {"U8", "u8"},
                                               {"BOOL", "u8"}}};

Error corrupt(const std::string& what) {
  return make_error(HOLO_CORRUPT,
                    "this safetensors file is damaged: " + what + "; fetch or export it again");
}

Result<DLDataType> find_type(const SafetensorsEntry& entry) {
  for (const auto& row : kTypes) {
    if (row.name == entry.dtype) return *dtype_from_name(row.ours);
  }
  return make_error(HOLO_UNSUPPORTED,
                    "tensor '" + entry.name.substr(0, 80) + "' has elements of type " +
                        entry.dtype.substr(0, 40) +
                        "; expected F64, F32, F16, BF16, I64, I32, I16, I8, U16, U8 or BOOL");
}

class SafetensorsFile : public TensorFile {
 public:
  explicit SafetensorsFile(ByteReader& reader) : reader_(reader) {}

  Status open() {
    std::array<std::uint8_t, kLengthBytes> head{};
    if (reader_.size() < kLengthBytes) return corrupt("it is shorter than 8 bytes");
    HOLO_TRY(reader_.read_at(0, head));
    std::uint64_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | head[i];
    const std::uint64_t room = reader_.size() - kLengthBytes;
    if (length > std::min(room, kLargestHeader)) {
      return corrupt("its header claims " + std::to_string(length) + " bytes, the file has " +
                     std::to_string(room) + " and the limit is " + std::to_string(kLargestHeader));
    }
    std::string json(static_cast<std::size_t>(length), '\0');
    HOLO_TRY(reader_.read_at(kLengthBytes,
                             std::span(reinterpret_cast<std::uint8_t*>(json.data()), json.size())));
    HOLO_ASSIGN(auto header, parse_safetensors_header(json));
    data_begin_ = kLengthBytes + length;
    metadata_ = std::move(header.metadata);
    return take_entries(std::move(header.entries), room - length);
  }

  [[nodiscard]] std::span<const UnitInfo> tensors() const override { return infos_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const override {
    return metadata_;
  }
  [[nodiscard]] std::span<const std::string> notes() const override { return notes_; }
  [[nodiscard]] std::int64_t sample_offset(std::size_t index) const override {
    if (index >= ranges_.size()) return -1;
    return static_cast<std::int64_t>(data_begin_ + ranges_[index].first);
  }

  Result<UnitBuffer> read(std::size_t index) override {
    if (index >= infos_.size()) {
      return make_error(HOLO_NOT_FOUND, "there is no tensor " + std::to_string(index) + " of " +
                                            std::to_string(infos_.size()));
    }
    const auto [begin, end] = ranges_[index];
    HOLO_ASSIGN(auto unit, UnitBuffer::tensor(infos_[index], INT64_MAX));
    HOLO_TRY(reader_.read_at(data_begin_ + begin,
                             std::span(unit.plane(0), static_cast<std::size_t>(end - begin))));
    return unit;
  }

 private:
  Status take_entries(std::vector<SafetensorsEntry> entries, std::uint64_t data_bytes) {
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t reached = 0;
    for (const auto& entry : entries) {
      HOLO_ASSIGN(const auto type, find_type(entry));
      const std::string name = "tensor '" + entry.name.substr(0, 80) + "'";
      const auto bytes = tensor_bytes(type, entry.shape);
      if (entry.begin != reached || entry.end < entry.begin || entry.end > data_bytes) {
        return corrupt(name + " lies at bytes " + std::to_string(entry.begin) + " to " +
                       std::to_string(entry.end) + " of " + std::to_string(data_bytes) +
                       ", expected to begin at " + std::to_string(reached));
      }
      if (!bytes || *bytes != entry.end - entry.begin) {
        return corrupt(name + " has a shape that does not fit its " +
                       std::to_string(entry.end - entry.begin) + " bytes");
      }
      reached = entry.end;
      if (entry.dtype == "BOOL") notes_.push_back(name + " is boolean and is read as u8");
      UnitInfo info;
      info.kind = HOLO_TENSOR;
      info.index = infos_.size();
      info.name = entry.name;
      info.dtype = type;
      info.shape = entry.shape;
      infos_.push_back(std::move(info));
      ranges_.emplace_back(entry.begin, entry.end);
    }
    if (reached != data_bytes) {
      return corrupt("its tensors end after " + std::to_string(reached) + " bytes of samples and " +
                     std::to_string(data_bytes) + " follow the header");
    }
    return {};
  }

  ByteReader& reader_;
  std::uint64_t data_begin_ = 0;
  std::vector<UnitInfo> infos_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;  // in the samples
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> notes_;
};

std::string spelled(DLDataType dtype) {
  const std::string ours = dtype_name(dtype);
  for (const auto& row : kTypes) {
    if (row.ours == ours) return std::string(row.name);
  }
  return {};
}

// The header, padded with spaces so that the samples begin at a multiple of 8.
Result<std::string> build_header(const std::vector<UnitInfo>& tensors,
                                 const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::set<std::string> names;
  std::uint64_t offset = 0;
  for (const UnitInfo& info : tensors) {
    const std::string type = spelled(info.dtype);
    const auto bytes = tensor_bytes(info.dtype, info.shape);
    if (type.empty() || !bytes || *bytes > INT64_MAX - offset) {
      return make_error(HOLO_INVALID_ARG, "tensor '" + info.name + "' of " + describe_tensor(info) +
                                              " cannot be written as safetensors");
    }
    if (info.name == "__metadata__" || !names.insert(info.name).second) {
      return make_error(HOLO_INVALID_ARG,
                        "two tensors cannot both be called '" + info.name + "'; rename one");
    }
    nlohmann::ordered_json entry;
    entry["dtype"] = type;
    entry["shape"] = info.shape;
    entry["data_offsets"] = {offset, offset + *bytes};
    // A key that is known to be new is appended, not searched for.
    header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(info.name, std::move(entry));
    offset += *bytes;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::exception&) {
    return make_error(HOLO_INVALID_ARG,
                      "a tensor name or metadata value is not UTF-8, as safetensors needs");
  }
}

}  // namespace

Result<std::unique_ptr<TensorFile>> open_safetensors(ByteReader& reader) {
  auto file = std::make_unique<SafetensorsFile>(reader);
  HOLO_TRY(file->open());
  return std::unique_ptr<TensorFile>(std::move(file));
}

Result<std::unique_ptr<TensorWriter>> create_safetensors(
    AtomicFile& file, std::vector<UnitInfo> tensors,
    const std::map<std::string, std::string>& metadata) {
  HOLO_ASSIGN(const auto header, build_header(tensors, metadata));
  if (header.size() > kLargestHeader) {
    return make_error(HOLO_UNSUPPORTED, "a safetensors header of " + std::to_string(header.size()) +
                                            " bytes passes the limit of " +
                                            std::to_string(kLargestHeader) +
                                            "; write fewer tensors into one file");
  }
  std::array<std::uint8_t, kLengthBytes> head{};
  for (std::size_t i = 0; i < head.size(); ++i) {
    head[i] = static_cast<std::uint8_t>(std::uint64_t{header.size()} >> (8 * i));
  }
  HOLO_TRY(file.write(head));
  HOLO_TRY(
      file.write(std::span(reinterpret_cast<const std::uint8_t*>(header.data()), header.size())));
  return std::unique_ptr<TensorWriter>(std::make_unique<SampleWriter>(file, std::move(tensors)));
}

}  // namespace holo::media
