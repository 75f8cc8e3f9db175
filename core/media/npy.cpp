// NumPy's npy format, versions 1 to 3, in and out; samples become C order and native byte order.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/media/tensor_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::array<std::uint8_t, 6> kMagic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::uint64_t kLargestHeader = 1 << 20;
constexpr std::size_t kAlignment = 64;

// NumPy's kind and size, without the sign of byte order.
struct NamedType {
  std::string_view code;
  std::string_view ours;
};
constexpr std::array<NamedType, 10> kTypes = {{{"f8", "f64"},
                                               {"f4", "f32"},
                                               {"f2", "f16"},
                                               {"i8", "i64"},
                                               {"i4", "i32"},
                                               {"i2", "i16"},
                                               {"i1", "i8"},
                                               {"u2", "u16"},
                                               {"u1", "u8"},
                                               {"b1", "u8"}}};

Error corrupt(const std::string& what) {
  return make_error(HOLO_CORRUPT,
                    "this npy file is damaged: " + what + "; fetch or export it again");
}

struct Layout {
  DLDataType dtype{};
  bool swapped = false;
  bool boolean = false;
};

Result<Layout> find_layout(const std::string& descr) {
  const bool has_order =
      !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const std::string_view code = std::string_view(descr).substr(has_order ? 1 : 0);
  for (const auto& row : kTypes) {
    if (row.code != code) continue;
    Layout layout;
    layout.dtype = *dtype_from_name(row.ours);
    layout.swapped = descr[0] == '>' && layout.dtype.bits > 8;
    layout.boolean = code == "b1";
    return layout;
  }
  if (!code.empty() && code[0] == 'O') {
    return make_error(HOLO_UNSUPPORTED,
                      "this npy file holds pickled Python objects, which are never read; convert "
                      "the array to a number type before saving");
  }
  return make_error(HOLO_UNSUPPORTED, "this npy file has elements of type '" + descr.substr(0, 40) +
                                          "'; expected f8, f4, f2, i8, i4, i2, i1, u2, u1 or b1");
}

void swap_elements(std::span<std::uint8_t> bytes, std::size_t element) {
  for (std::size_t i = 0; i + element <= bytes.size(); i += element) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + element));
  }
}

// Fortran order has the first index run fastest: steps through `out` in C order and follows in
// `in`.
void reorder(std::span<const std::uint8_t> in, const std::vector<std::int64_t>& shape,
             std::size_t element, std::span<std::uint8_t> out) {
  std::vector<std::int64_t> stride(shape.size(), 1);
  for (std::size_t i = 1; i < shape.size(); ++i) stride[i] = stride[i - 1] * shape[i - 1];
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t from = 0;
  for (std::size_t to = 0; to < out.size(); to += element) {
    std::memcpy(out.data() + to, in.data() + static_cast<std::size_t>(from) * element, element);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

class NpyFile : public TensorFile {
 public:
  explicit NpyFile(ByteReader& reader) : reader_(reader) {}

  Status open() {
    HOLO_ASSIGN(const auto text, read_header());
    HOLO_ASSIGN(const auto header, parse_npy_header(text));
    HOLO_ASSIGN(layout_, find_layout(header.descr));
    fortran_ = header.fortran_order;
    info_.kind = HOLO_TENSOR;
    info_.name = "array";
    info_.dtype = layout_.dtype;
    info_.shape = header.shape;
    const auto bytes = tensor_bytes(info_.dtype, info_.shape);
    const std::uint64_t found = reader_.size() - data_begin_;
    if (!bytes || *bytes != found) {
      return corrupt("its header announces " + describe_tensor(info_) + ", which is " +
                     (bytes ? std::to_string(*bytes) : std::string("more than 2^63")) +
                     " bytes, and " + std::to_string(found) + " follow");
    }
    if (layout_.boolean) notes_.push_back("the array is boolean and is read as u8");
    return {};
  }

  [[nodiscard]] std::span<const UnitInfo> tensors() const override { return {&info_, 1}; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const override {
    return metadata_;
  }
  [[nodiscard]] std::span<const std::string> notes() const override { return notes_; }

  Result<UnitBuffer> read(std::size_t index) override {
    if (index != 0) return make_error(HOLO_NOT_FOUND, "an npy file holds one tensor");
    const std::uint64_t size = reader_.size() - data_begin_;
    HOLO_ASSIGN(auto unit, UnitBuffer::tensor(info_, INT64_MAX));
    const std::span out(unit.plane(0), static_cast<std::size_t>(size));
    const std::size_t element = info_.dtype.bits / 8u;
    if (fortran_ && !out.empty() && info_.shape.size() > 1) {
      std::vector<std::uint8_t> raw(out.size());
      HOLO_TRY(reader_.read_at(data_begin_, raw));
      reorder(raw, info_.shape, element, out);
    } else {
      HOLO_TRY(reader_.read_at(data_begin_, out));
    }
    if (layout_.swapped) swap_elements(out, element);
    return unit;
  }

 private:
  // Magic, version, length of two (version 1) or four bytes, then the text.
  Result<std::string> read_header() {
    std::array<std::uint8_t, 12> head{};
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), reader_.size()));
    HOLO_TRY(reader_.read_at(0, std::span(head.data(), count)));
    const int major = head[6];
    if (count == head.size() && (major < 1 || major > 3)) {
      return make_error(HOLO_UNSUPPORTED, "this npy file has version " + std::to_string(major) +
                                              "; versions 1 to 3 can be read");
    }
    std::uint64_t length = head[8] | head[9] << 8;
    if (major > 1) length |= std::uint64_t{head[10]} << 16 | std::uint64_t{head[11]} << 24;
    const std::uint64_t begin = major > 1 ? 12 : 10;
    if (count < head.size() || length > std::min(kLargestHeader, reader_.size() - begin)) {
      return corrupt("its header claims " + std::to_string(length) + " bytes, the file has " +
                     std::to_string(reader_.size()) + " and the limit is " +
                     std::to_string(kLargestHeader));
    }
    std::string text(static_cast<std::size_t>(length), '\0');
    HOLO_TRY(reader_.read_at(begin,
                             std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size())));
    data_begin_ = begin + length;
    return text;
  }

  ByteReader& reader_;
  std::uint64_t data_begin_ = 0;
  UnitInfo info_;
  Layout layout_;
  bool fortran_ = false;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> notes_;
};

// As NumPy writes it: padded with spaces to a multiple of 64, a line feed at the end.
std::vector<std::uint8_t> build_header(const UnitInfo& info, std::string_view code) {
  std::string text = "{'descr': '";
  text += info.dtype.bits > 8 ? '<' : '|';
  text += std::string(code) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(info.shape[i]);
  }
  text += info.shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t kHead = 10;
  const std::size_t total = (kHead + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(total - kHead - 1, ' ');
  text += '\n';
  std::vector<std::uint8_t> bytes;
  bytes.reserve(total);
  for (const std::uint8_t byte : kMagic) bytes.push_back(byte);
  for (const std::size_t byte :
       {std::size_t{1}, std::size_t{0}, text.size() & 255, text.size() >> 8}) {
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

}  // namespace

Result<std::unique_ptr<TensorFile>> open_npy(ByteReader& reader) {
  auto file = std::make_unique<NpyFile>(reader);
  HOLO_TRY(file->open());
  return std::unique_ptr<TensorFile>(std::move(file));
}

Result<std::unique_ptr<TensorWriter>> create_npy(AtomicFile& file, std::vector<UnitInfo> tensors) {
  if (tensors.size() != 1) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(tensors.size(), 8); ++i) {
      names += (i == 0 ? ": " : ", ") + tensors[i].name;
    }
    return make_error(HOLO_UNSUPPORTED,
                      "npy holds exactly one tensor, there are " + std::to_string(tensors.size()) +
                          names + (tensors.size() > 8 ? ", ..." : "") + "; use .safetensors");
  }
  const UnitInfo& info = tensors.front();
  const std::string ours = dtype_name(info.dtype);
  const auto row = std::find_if(kTypes.begin(), kTypes.end(),
                                [&](const NamedType& type) { return type.ours == ours; });
  if (row == kTypes.end() || info.shape.size() > kLargestRank) {
    return make_error(HOLO_UNSUPPORTED, "npy cannot hold tensor '" + info.name + "' of " +
                                            describe_tensor(info) + "; use .safetensors");
  }
  HOLO_TRY(file.write(build_header(info, row->code)));
  return std::unique_ptr<TensorWriter>(std::make_unique<SampleWriter>(file, std::move(tensors)));
}

}  // namespace holo::media
