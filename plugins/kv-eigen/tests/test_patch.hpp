// A patch on a small made-up model, with rows of a known structure, and chunks in memory.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "plugins/kv-eigen/eigen_patch.hpp"

namespace holo::kv_eigen {

using Given = std::map<std::string, std::string>;

// The parameters of the table, some of them given.
class TestParams {
 public:
  explicit TestParams(const Given& given) {
    static const ParamTable table = Options::table();
    for (std::uint32_t i = 0; i < table.get()->count; ++i) {
      const holo_param& row = *table.get()->params[i];
      holo_param_value value{sizeof value, row.type, row.key, 0, row.default_number, nullptr};
      if (row.type == HOLO_PARAM_CHOICE) value.text = row.default_text;
      const auto found = given.find(row.key);
      if (found != given.end() && row.type == HOLO_PARAM_CHOICE) value.text = found->second.c_str();
      if (found != given.end() && row.type != HOLO_PARAM_CHOICE) {
        value.number = std::stod(found->second);
      }
      value.integer = static_cast<std::int64_t>(value.number);
      values_.push_back(value);
    }
    for (const holo_param_value& value : values_) pointers_.push_back(&value);
    view_ = {sizeof view_, static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
  }
  [[nodiscard]] Params get() const { return Params(&view_); }

 private:
  std::vector<holo_param_value> values_;
  std::vector<const holo_param_value*> pointers_;
  holo_params view_{};
};

// A host with so many workers.
inline const holo_host* test_host(std::uint32_t workers) {
  static holo_host hosts[9];
  holo_host& host = hosts[workers];
  host.struct_size = sizeof host;
  host.abi_major = 1;
  host.workers = workers;
  host.ctx = &host;
  host.parallel_for = [](void* ctx, std::uint64_t count, void* user,
                         holo_loop_body body) -> holo_status {
    const std::uint32_t workers = static_cast<holo_host*>(ctx)->workers;
    std::vector<std::thread> threads;
    for (std::uint32_t w = 0; w < workers; ++w) {
      threads.emplace_back([=] {
        for (std::uint64_t i = w; i < count; i += workers) body(user, i, w);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return HOLO_OK;
  };
  return &host;
}

// Chunks that were written, to be read again.
class MemoryChunks {
 public:
  using Name = std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>;
  std::map<Name, std::vector<std::uint8_t>> chunks;

  MemoryChunks() {
    sink_ = {sizeof sink_, 0, this,
             [](void* ctx, const holo_chunk* c, const void* data, holo_error*) -> holo_status {
               const auto* bytes = static_cast<const std::uint8_t*>(data);
               static_cast<MemoryChunks*>(ctx)->chunks[{c->type, c->unit, c->part}] = {
                   bytes, bytes + c->size};
               return HOLO_OK;
             }};
    source_.struct_size = sizeof source_;
    source_.ctx = this;
    source_.stream = &stream_;
    stream_.struct_size = sizeof stream_;
    source_.find = [](void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                      holo_chunk* out) -> holo_status {
      const auto& all = static_cast<MemoryChunks*>(ctx)->chunks;
      const auto found = all.find({type, unit, part});
      if (found == all.end()) return HOLO_NOT_FOUND;
      *out = {sizeof *out, type, unit, part, 0, found->second.size()};
      return HOLO_OK;
    };
    source_.read = [](void* ctx, const holo_chunk* c, std::uint64_t offset, void* data,
                      std::uint64_t size, holo_error*) -> holo_status {
      const auto& bytes = static_cast<MemoryChunks*>(ctx)->chunks.at({c->type, c->unit, c->part});
      if (size > 0) std::memcpy(data, bytes.data() + offset, size);
      return HOLO_OK;
    };
  }
  MemoryChunks(const MemoryChunks&) = delete;
  MemoryChunks& operator=(const MemoryChunks&) = delete;
  [[nodiscard]] Sink sink() { return Sink(&sink_); }
  [[nodiscard]] Source source() { return Source(&source_); }

 private:
  holo_sink sink_{};
  holo_source source_{};
  holo_stream stream_{};
};

// Row-major floats and the views of the SDK.
struct Floats {
  std::int64_t rows, columns;
  std::vector<float> values;
  Floats(std::int64_t r, std::int64_t c)
      : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
  [[nodiscard]] Matrix view() { return {values.data(), columns, rows, columns}; }
  [[nodiscard]] ConstMatrix view() const { return {values.data(), columns, rows, columns}; }
  [[nodiscard]] Floats part(std::int64_t first, std::int64_t count) const {
    Floats out(count, columns);
    std::copy_n(values.begin() + first * columns, count * columns, out.values.begin());
    return out;
  }
};

inline double relative_error(const Floats& a, const Floats& b) {
  double error = 0, energy = 1e-30;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    error += std::pow(double{a.values[i]} - b.values[i], 2);
    energy += std::pow(double{a.values[i]}, 2);
  }
  return std::sqrt(error / energy);
}

// Two layers, four query heads on two key heads of 8: rows of 16. Rows of all four sites follow a
// few hidden numbers of the position, which depend on the token in part, and a little noise.
class TestModel {
 public:
  static constexpr std::int64_t kWidth = 16;
  static constexpr std::size_t kHidden = 12;
  static constexpr int kFactors = 6;

  explicit TestModel(bool rope = false, bool inputs = true) {
    for (int i = 0; i < 4; ++i) frequencies_[i] = static_cast<float>(std::pow(100.0, -i / 4.0));
    rope_ = {sizeof rope_, HOLO_ROPE_HALVES, 8, 0, 1, frequencies_};
    model_.struct_size = sizeof model_;
    model_.layers = 2;
    model_.architecture = "llama";
    model_.hidden = kHidden;
    model_.heads = 4;
    model_.kv_heads = 2;
    model_.head_dim = 8;
    model_.max_positions = 256;
    model_.has_rope = rope ? 1 : 0;
    model_.rope = rope ? &rope_ : nullptr;
    model_.vocabulary = 50;
    if (inputs) {
      model_.input = [](void*, std::int32_t id, std::uint64_t, float* out) -> holo_status {
        for (std::size_t i = 0; i < kHidden; ++i) {
          out[i] = static_cast<float>(std::sin(1.3 * id + 0.7 * static_cast<double>(i * i)));
        }
        return HOLO_OK;
      };
    }
    for (std::int32_t layer = 0; layer < 2; ++layer) {
      for (const std::int32_t kind : {HOLO_SITE_K, HOLO_SITE_V}) {
        sites_.push_back({sizeof(holo_site), kind, layer, 0, "site", nullptr});
      }
    }
    std::mt19937 random(7);
    for (float& v : mixing_) v = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
    if (rope) rotation_ = std::make_unique<Rotation>(rope_, 8, 256);
  }
  TestModel(const TestModel&) = delete;
  TestModel& operator=(const TestModel&) = delete;

  [[nodiscard]] const holo_model& model() const { return model_; }
  [[nodiscard]] const std::vector<holo_site>& sites() const { return sites_; }

  struct Text {
    std::vector<std::int32_t> ids;
    std::vector<Floats> rows;  // of each site, as caches get them
    std::vector<Floats> gradients;
  };
  [[nodiscard]] Text text(std::size_t length, std::uint32_t seed) const {
    std::mt19937 random(seed);
    std::normal_distribution<double> draw(0, 1);
    Text out;
    for (int s = 0; s < 4; ++s) {
      out.rows.emplace_back(length, kWidth);
      out.gradients.emplace_back(length, kWidth);
    }
    for (std::size_t p = 0; p < length; ++p) {
      const auto id = static_cast<std::int32_t>(random() % 50);
      out.ids.push_back(id);
      double factors[kFactors];
      for (int f = 0; f < kFactors; ++f) factors[f] = std::sin(1.3 * id + f) + 0.7 * draw(random);
      for (std::size_t s = 0; s < 4; ++s) {
        for (std::int64_t i = 0; i < kWidth; ++i) {
          double sum = 0.3 + 0.01 * draw(random);
          for (int f = 0; f < kFactors; ++f) {
            sum += factors[f] * mixing_[(s * kWidth + static_cast<std::size_t>(i)) * kFactors + f] /
                   (1 + f);
          }
          out.rows[s].view().at(i, static_cast<std::int64_t>(p)) = static_cast<float>(sum);
          // Some directions matter far more than others.
          out.gradients[s].view().at(i, static_cast<std::int64_t>(p)) =
              static_cast<float>((i % 4 == 0 ? 3 : 0.2) * draw(random));
        }
      }
    }
    if (rotation_ != nullptr) {
      for (const std::size_t s : {0, 2}) {
        rotation_->turn(out.rows[s].values.data(), kWidth, kWidth, 0, length);
      }
    }
    return out;
  }

 private:
  float frequencies_[4];
  holo_rope rope_{};
  holo_model model_{};
  std::vector<holo_site> sites_;
  float mixing_[4 * kWidth * kFactors];
  std::unique_ptr<Rotation> rotation_;
};

// A patch that was calibrated on texts of the model, and a text in its caches.
class TestPatch {
 public:
  TestPatch(const TestModel& model, const Given& given, std::uint32_t workers = 1)
      : model_(model), params_(given), patch(PatchJob{Host(test_host(workers)), params_.get()}) {
    std::vector<const holo_site*> sites;
    for (const holo_site& site : model.sites()) sites.push_back(&site);
    patch.attach(model.model(), sites);
  }
  void calibrate(int texts = 8, bool gradients = true, bool activate = true,
                 float last_gradients = 1) {
    for (int t = 0; t < texts; ++t) {
      TestModel::Text text = model_.text(200, 100 + static_cast<std::uint32_t>(t));
      for (float& g : text.gradients[3].values) g *= last_gradients;
      patch.calibrate_tokens(text.ids.data(), text.ids.size());
      for (std::size_t s = 0; s < 4; ++s) {
        patch.calibrate(model_.sites()[s], std::as_const(text.rows[s]).view());
      }
      for (std::size_t s = 0; gradients && s < 4; ++s) {
        patch.calibrate_loss(model_.sites()[s], std::as_const(text.gradients[s]).view());
      }
    }
    patch.fit();
    if (activate) patch.activate();
  }

 private:
  const TestModel& model_;
  TestParams params_;

 public:
  EigenPatch patch;
};

// The four caches of one sequence.
struct TestCaches {
  std::unique_ptr<KvSequence> sequence;
  std::vector<std::unique_ptr<KvCache>> caches;

  TestCaches(EigenPatch& patch, const TestModel& model) : sequence(patch.begin_sequence()) {
    for (const holo_site& site : model.sites()) caches.push_back(sequence->make_cache(site));
  }
  TestCaches(const TestCaches& other) : sequence(other.sequence->fork()) {
    for (const auto& cache : other.caches) caches.push_back(cache->fork_in(*sequence));
  }
  // Positions first..first + count - 1 of the text, as a step appends them.
  void append(const TestModel::Text& text, std::int64_t first, std::int64_t count) {
    sequence->tokens(static_cast<std::uint64_t>(first), text.ids.data() + first,
                     static_cast<std::uint64_t>(count));
    for (std::size_t s = 0; s < caches.size(); ++s) {
      const Floats part = text.rows[s].part(first, count);
      caches[s]->append(part.view());
    }
  }
  [[nodiscard]] Floats rows(std::size_t site) const {
    Floats out(static_cast<std::int64_t>(caches[site]->bytes().positions), TestModel::kWidth);
    caches[site]->materialise(0, out.view());
    return out;
  }
  [[nodiscard]] std::uint64_t payload() const {
    std::uint64_t sum = 0;
    for (const auto& cache : caches) sum += cache->bytes().payload;
    return sum;
  }
};

}  // namespace holo::kv_eigen
