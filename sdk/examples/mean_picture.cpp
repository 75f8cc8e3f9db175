// mean-picture: the mean of all training pictures at one size, as a PGM file. A whole trainer in
// C++ that reads in parallel, keeps a checkpoint and goes on from it.
#include <algorithm>
#include <cstring>

#include <holo/plugin.hpp>
#include <holo/trainer.hpp>

namespace mean_picture {

constexpr std::uint64_t kBatch = 4;  // pictures between two checkpoints

// Grey samples of a picture, 0..65535, brought to side x side by taking the nearest.
template <class T>
void add(const holo::Unit& unit, std::int64_t side, std::uint64_t* sums) {
  const holo::ImageShape shape(unit.image());
  const auto plane = unit.plane<const T>(0);
  const auto peak = static_cast<std::uint64_t>(shape.max_sample());
  for (std::int64_t y = 0; y < side; ++y) {
    const T* row = plane.row(y * plane.height() / side);
    for (std::int64_t x = 0; x < side; ++x) {
      sums[y * side + x] += std::uint64_t{row[x * plane.width() / side]} * 65535 / peak;
    }
  }
}

class Trainer : public holo::Trainer {
 public:
  void train(const holo::TrainJob& job) override {
    const std::int64_t side = job.params.integer("side");
    const auto cells = static_cast<std::size_t>(side * side);
    // The sums so far, and in the last place how many pictures are in them.
    std::vector<std::uint64_t> sums = resumed(job, cells + 1);
    for (std::uint64_t& done = sums.back(); done < job.inputs.count();) {
      const std::uint64_t batch = std::min(kBatch, job.inputs.count() - done);
      std::vector<std::vector<std::uint64_t>> parts(static_cast<std::size_t>(batch));
      job.host.parallel_for(batch, [&](std::uint64_t i) {
        const auto input = job.inputs.picture(done + i);
        const holo::Unit unit = input.unit();
        parts[i].resize(cells);
        unit.tensor(0).element_bytes() == 1 ? add<std::uint8_t>(unit, side, parts[i].data())
                                            : add<std::uint16_t>(unit, side, parts[i].data());
      });
      for (const auto& part : parts) {
        for (std::size_t cell = 0; cell < cells; ++cell) sums[cell] += part[cell];
      }
      done += batch;
      if (done < job.inputs.count()) save(job, sums);
      job.host.progress(static_cast<double>(done) / static_cast<double>(job.inputs.count()));
    }
    const std::string header =
        "P5\n" + std::to_string(side) + " " + std::to_string(side) + "\n255\n";
    job.output.write(header.data(), header.size());
    std::vector<std::uint8_t> samples;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      samples.push_back(static_cast<std::uint8_t>(sums[cell] / sums.back() / 257));
    }
    job.output.write(samples);
  }

  static holo::TrainerInfo info() {
    return {"org.holohost.example.mean-picture",
            "mean-picture",
            "1.0.0",
            "the mean of all pictures, in grey",
            HOLO_TRAIN_PICTURES,
            "pgm",
            ".pgm",
            {holo::int_param("side", "px", "width and height of the mean", 64, 1, 4096)}};
  }

 private:
  static void save(const holo::TrainJob& job, const std::vector<std::uint64_t>& sums) {
    std::vector<std::uint8_t> bytes(sums.size() * sizeof(std::uint64_t));
    std::memcpy(bytes.data(), sums.data(), bytes.size());
    job.checkpoint.save("sums", bytes);
  }
  static std::vector<std::uint64_t> resumed(const holo::TrainJob& job, std::size_t size) {
    std::vector<std::uint64_t> sums(size);
    const auto bytes = job.checkpoint.load("sums");
    if (!bytes || bytes->size() != size * sizeof(std::uint64_t)) return sums;
    std::memcpy(sums.data(), bytes->data(), bytes->size());
    if (sums.back() > job.inputs.count()) std::fill(sums.begin(), sums.end(), 0);
    return sums;
  }
};

}  // namespace mean_picture

HOLO_PLUGIN(holo::plugin_info("org.holohost.example.mean-picture", "1.0.0", "holohost",
                              "Apache-2.0"),
            holo::TrainerFactory<mean_picture::Trainer>);
