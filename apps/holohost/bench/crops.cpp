// Which rows are shown side by side, and their crops. Decoders run in processes of their own here,
// too: this one never loads a codec.
#include "apps/holohost/bench/crops.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/bench/crop.hpp"
#include "core/bench/worker.hpp"

namespace holo::cli {

namespace {

constexpr std::int32_t kSide = 240;

Result<std::string> as_text(const Result<std::vector<std::uint8_t>>& png) {
  if (!png) return png.error();
  return std::string(png->begin(), png->end());
}

std::vector<std::uint8_t> as_bytes(const std::string& text) { return {text.begin(), text.end()}; }

Result<bench::Region> region_of(const std::string& picture) {
  HOLO_ASSIGN(const std::string text, bench::in_worker([&]() -> Result<std::string> {
                HOLO_ASSIGN(const auto region, bench::busiest_region(picture, kSide));
                return std::string(reinterpret_cast<const char*>(&region), sizeof region);
              }));
  bench::Region region{};
  std::memcpy(&region, text.data(), std::min(text.size(), sizeof region));
  return region;
}

// A low rate of the anchor on this picture, where differences show, or of the first curve that has
// one.
double common_rate(const BenchReport& report, std::size_t picture) {
  std::vector<double> rates;
  for (std::size_t offset = 0; offset < report.options.curves.size() && rates.empty(); ++offset) {
    const std::size_t curve = (report.anchor + offset) % report.options.curves.size();
    for (const bench::Row& row : report.rows) {
      if (row.picture == picture && row.curve == curve && row.ok()) {
        rates.push_back(row.bits_per_pixel());
      }
    }
  }
  if (rates.empty()) return 1;
  std::sort(rates.begin(), rates.end());
  return rates[(rates.size() - 1) / 4];
}

// NULL if none is within a factor of two.
const bench::Row* nearest_row(const BenchReport& report, std::size_t picture, std::size_t curve,
                              double rate) {
  const bench::Row* nearest = nullptr;
  const auto distance = [rate](const bench::Row& row) {
    return std::fabs(std::log(row.bits_per_pixel() / rate));
  };
  for (const bench::Row& row : report.rows) {
    if (row.picture != picture || row.curve != curve || !row.ok()) continue;
    if (distance(row) > std::log(2)) continue;
    if (nearest == nullptr || distance(row) < distance(*nearest)) nearest = &row;
  }
  return nearest;
}

Status add_crops(const BenchReport& report, host::Registry& registry, std::size_t picture,
                 CropSet& set) {
  const std::string& path = report.options.pictures[picture];
  HOLO_ASSIGN(const bench::Region region, region_of(path));
  HOLO_ASSIGN(const std::string original,
              bench::in_worker([&] { return as_text(bench::crop_of_picture(path, region)); }));
  set.original = as_bytes(original);
  set.rate = common_rate(report, picture);
  for (std::size_t curve = 0; curve < report.options.curves.size(); ++curve) {
    const bench::Row* row = nearest_row(report, picture, curve, set.rate);
    if (row == nullptr) continue;
    const std::string file = bench::kept_file(report.options.keep, *row);
    HOLO_ASSIGN(const std::string png, bench::in_worker([&] {
                  return as_text(bench::crop_of_file(registry, *report.options.curves[curve].codec,
                                                     file, region));
                }));
    set.crops.push_back({row, as_bytes(png)});
  }
  return {};
}

}  // namespace

std::vector<std::size_t> pictures_to_crop(std::size_t pictures, std::size_t wanted) {
  std::vector<std::size_t> chosen;
  const std::size_t count = std::min(pictures, wanted);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(i * pictures / count);
  return chosen;
}

Result<std::vector<CropSet>> make_crops(const BenchReport& report, host::Registry& registry) {
  std::vector<CropSet> sets;
  for (const std::size_t picture : report.options.keep_pictures) {
    CropSet set;
    set.picture = picture;
    HOLO_TRY(add_crops(report, registry, picture, set));
    sets.push_back(std::move(set));
  }
  return sets;
}

}  // namespace holo::cli
