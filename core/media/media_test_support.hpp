// Helpers of this room's tests: pictures from a formula, files in a folder of their own, mutations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"

namespace holo::media::test {

using Bytes = std::vector<std::uint8_t>;

// Removed with everything in it at the end of the scope.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

Bytes bytes_of(const std::string& text);
// What `write` puts into a file.
Result<Bytes> written(const std::function<Status(AtomicFile&)>& write);

// A picture of smooth slopes plus seeded noise, every plane different.
UnitBuffer make_picture(const holo_image& image, std::uint32_t seed = 1);
std::uint32_t sample(const UnitBuffer& unit, std::size_t plane, std::int64_t x, std::int64_t y);
void set_sample(UnitBuffer& unit, std::size_t plane, std::int64_t x, std::int64_t y,
                std::uint32_t value);
// The same description and samples.
bool equal(const UnitBuffer& a, const UnitBuffer& b);

Result<Bytes> encode(const std::string& format, UnitBuffer& unit,
                     const std::vector<Metadata>& metadata = {}, int quality = 92);
Result<Picture> decode(const Bytes& bytes, const Limits& limits = {});

// A TIFF block whose only entry is the orientation; `big_endian` as by Motorola.
Bytes make_exif(int orientation, bool big_endian);

// Calls `read` with thousands of damaged versions of `valid`: flipped bits, cuts, splices, repeated
// and overwritten runs. The same each time.
void mutate(const Bytes& valid, int rounds, const std::function<void(const Bytes&)>& read);

UnitInfo tensor_info(const std::string& name, const std::string& dtype,
                     std::vector<std::int64_t> shape);
UnitBuffer make_tensor(const UnitInfo& info, std::uint32_t seed = 1);
Bytes samples_of(const UnitBuffer& tensor);
Result<Bytes> encode_tensors(const std::string& format, const std::vector<UnitInfo>& infos,
                             const std::map<std::string, std::string>& metadata = {});

}  // namespace holo::media::test
