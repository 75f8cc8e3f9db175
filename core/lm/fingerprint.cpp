// FNV-1a over samples of the weights.
#include "core/lm/fingerprint.hpp"

#include "core/lm/model_state.hpp"
#include "core/spectral/half_float.hpp"

namespace holo::lm {

namespace {

constexpr std::size_t kProbes = 8;  // token embeddings

class Hash {
 public:
  void add(std::uint64_t value, int bytes) {
    for (int b = 0; b < bytes; ++b) state_ = (state_ ^ (value >> 8 * b & 0xFF)) * 1099511628211u;
  }
  void add_output(const PackedMatrix& matrix, std::size_t output) {
    std::vector<float> row(matrix.inputs());
    matrix.read_output(output, row.data());
    for (const float each : row) add(spectral::float_to_half(each), 2);
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 14695981039346656037u;
};

}  // namespace

std::vector<std::uint8_t> fingerprint(const Model& model) {
  const ModelConfig& config = model.config();
  Hash hash;
  for (const std::int32_t each : {config.layers, config.hidden, config.heads, config.kv_heads,
                                  config.head_dim, config.vocabulary, config.max_positions}) {
    hash.add(static_cast<std::uint32_t>(each), 4);
  }
  const auto last = static_cast<std::size_t>(config.vocabulary - 1);
  for (std::size_t i = 0; i < kProbes; ++i) {
    hash.add_output(model.state().embedding, last * i / (kProbes - 1));
  }
  for (const Layer& layer : model.state().layers) {
    hash.add_output(layer.qkv.matrix, 0);
    hash.add_output(layer.down.matrix, 0);
  }
  std::vector<std::uint8_t> bytes;
  for (int b = 0; b < 8; ++b) bytes.push_back(static_cast<std::uint8_t>(hash.value() >> 8 * b));
  return bytes;
}

}  // namespace holo::lm
