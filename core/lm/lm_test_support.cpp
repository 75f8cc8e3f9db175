#include "core/lm/lm_test_support.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>

#include "core/spectral/half_float.hpp"

namespace holo::lm::test {
namespace {

using Row = std::vector<double>;

// x W + b with W of the shape {in, out} (conv), or W x with {out, in}.
struct Weight {
  const std::vector<float>& w;
  bool in_out;
  Row operator()(const Row& x) const {
    const std::size_t out = w.size() / x.size();
    Row y(out);
    for (std::size_t o = 0; o < out; ++o) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        y[o] += x[i] * static_cast<double>(in_out ? w[i * out + o] : w[o * x.size() + i]);
      }
    }
    return y;
  }
};

Row plus(Row a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += static_cast<double>(b[i]);
  return a;
}
Row plus(Row a, const Row& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

class Reference {
 public:
  Reference(const ModelConfig& config, const Tensors& tensors)
      : c_(config), t_(tensors), gpt2_(config.architecture == Architecture::gpt2) {
    keys_.resize(static_cast<std::size_t>(c_.layers));
    values_.resize(keys_.size());
  }

  Row next(std::int32_t token) {
    const auto hidden = static_cast<std::size_t>(c_.hidden);
    const std::vector<float>& embedding = t_.at(gpt2_ ? "wte.weight" : "model.embed_tokens.weight");
    Row x(hidden);
    for (std::size_t i = 0; i < hidden; ++i) {
      x[i] = static_cast<double>(embedding[static_cast<std::size_t>(token) * hidden + i]);
      if (gpt2_) x[i] += static_cast<double>(t_.at("wpe.weight")[position_ * hidden + i]);
    }
    for (std::size_t l = 0; l < keys_.size(); ++l) {
      const std::string at =
          gpt2_ ? "h." + std::to_string(l) + "." : "model.layers." + std::to_string(l) + ".";
      x = plus(x, attention(l, at, norm(x, at + (gpt2_ ? "ln_1" : "input_layernorm"))));
      x = plus(x, mlp(at, norm(x, at + (gpt2_ ? "ln_2" : "post_attention_layernorm"))));
    }
    ++position_;
    x = norm(x, gpt2_ ? "ln_f" : "model.norm");
    return Weight{c_.tied_head ? embedding : t_.at("lm_head.weight"), false}(x);
  }

 private:
  [[nodiscard]] Row norm(const Row& x, const std::string& name) const {
    const std::vector<float>& w = t_.at(name + ".weight");
    const auto n = static_cast<double>(x.size());
    double mean = 0;
    if (gpt2_) {
      for (const double v : x) mean += v / n;
    }
    double square = 0;
    for (const double v : x) square += (v - mean) * (v - mean) / n;
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] = (x[i] - mean) / std::sqrt(square + c_.norm_epsilon) * static_cast<double>(w[i]);
      if (gpt2_) y[i] += static_cast<double>(t_.at(name + ".bias")[i]);
    }
    return y;
  }

  [[nodiscard]] Row linear(const Row& x, const std::string& name) const {
    Row y = Weight{t_.at(name + ".weight"), gpt2_}(x);
    if (t_.has(name + ".bias")) y = plus(std::move(y), t_.at(name + ".bias"));
    return y;
  }

  void rotate(Row& row) const {
    const auto dim = static_cast<std::size_t>(c_.head_dim);
    const std::size_t half = c_.rope.inverse_frequencies.size();
    for (std::size_t head = 0; head < row.size() / dim; ++head) {
      for (std::size_t i = 0; i < half; ++i) {
        const double angle =
            static_cast<double>(position_) * static_cast<double>(c_.rope.inverse_frequencies[i]);
        double& a = row[head * dim + i];
        double& b = row[head * dim + i + half];
        const double x = a;
        const double y = b;
        a = c_.rope.scale * (x * std::cos(angle) - y * std::sin(angle));
        b = c_.rope.scale * (y * std::cos(angle) + x * std::sin(angle));
      }
    }
  }

  Row attention(std::size_t layer, const std::string& at, const Row& x) {
    Row query;
    Row key;
    Row value;
    if (gpt2_) {
      const Row all = linear(x, at + "attn.c_attn");
      const auto n = static_cast<std::ptrdiff_t>(x.size());
      query.assign(all.begin(), all.begin() + n);
      key.assign(all.begin() + n, all.begin() + 2 * n);
      value.assign(all.begin() + 2 * n, all.end());
    } else {
      query = linear(x, at + "self_attn.q_proj");
      key = linear(x, at + "self_attn.k_proj");
      value = linear(x, at + "self_attn.v_proj");
      rotate(query);
      rotate(key);
    }
    keys_[layer].push_back(key);
    values_[layer].push_back(value);
    const auto dim = static_cast<std::size_t>(c_.head_dim);
    const auto group = static_cast<std::size_t>(c_.heads / c_.kv_heads);
    Row out(query.size());
    for (std::size_t head = 0; head < query.size() / dim; ++head) {
      const std::size_t from = head / group * dim;
      Row weights;
      double sum = 0;
      for (const Row& row : keys_[layer]) {
        double score = 0;
        for (std::size_t d = 0; d < dim; ++d) score += query[head * dim + d] * row[from + d];
        weights.push_back(std::exp(score / std::sqrt(static_cast<double>(dim))));
        sum += weights.back();
      }
      for (std::size_t p = 0; p < weights.size(); ++p) {
        for (std::size_t d = 0; d < dim; ++d) {
          out[head * dim + d] += weights[p] / sum * values_[layer][p][from + d];
        }
      }
    }
    return linear(out, at + (gpt2_ ? "attn.c_proj" : "self_attn.o_proj"));
  }

  [[nodiscard]] Row mlp(const std::string& at, const Row& x) const {
    if (gpt2_) {
      Row y = linear(x, at + "mlp.c_fc");
      for (double& v : y) {
        const double u = std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v);
        v = 0.5 * v * (1 + std::tanh(u));
      }
      return linear(y, at + "mlp.c_proj");
    }
    Row gate = linear(x, at + "mlp.gate_proj");
    const Row up = linear(x, at + "mlp.up_proj");
    for (std::size_t i = 0; i < gate.size(); ++i) {
      gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
    }
    return linear(gate, at + "mlp.down_proj");
  }

  const ModelConfig& c_;
  const Tensors& t_;
  bool gpt2_;
  std::size_t position_ = 0;
  std::vector<std::vector<Row>> keys_;
  std::vector<std::vector<Row>> values_;
};

}  // namespace

TensorSource Tensors::source() {
  return [this](const std::string& name,
                std::span<const std::int64_t> shape) -> Result<std::vector<float>> {
    if (const auto found = values_.find(name); found != values_.end()) return found->second;
    std::size_t count = 1;
    for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    std::mt19937_64 random(seed_ ^ std::hash<std::string>{}(name));
    const bool norm = shape.size() == 1 && name.ends_with(".weight");
    std::normal_distribution<float> normal(norm ? 1.0F : 0.0F, 0.2F);
    std::vector<float> values(count);
    for (float& v : values) v = normal(random);
    is_matrix_[name] = shape.size() == 2;
    return values_[name] = values;
  };
}

const std::vector<float>& Tensors::at(const std::string& name) const { return values_.at(name); }

void Tensors::round_to_half() {
  for (auto& [name, values] : values_) {
    if (!is_matrix_[name] || name == "wpe.weight") continue;
    for (float& v : values) v = spectral::half_to_float(spectral::float_to_half(v));
  }
}

ModelConfig small_gpt2() {
  ModelConfig c;
  c.architecture = Architecture::gpt2;
  c.layers = 3;
  c.hidden = 40;
  c.heads = 5;
  c.kv_heads = 5;
  c.head_dim = 8;
  c.intermediate = 100;
  c.vocabulary = 83;
  c.max_positions = 96;
  return c;
}

ModelConfig small_llama() {
  ModelConfig c;
  c.architecture = Architecture::llama;
  c.layers = 2;
  c.hidden = 36;
  c.heads = 6;
  c.kv_heads = 2;
  c.head_dim = 20;
  c.intermediate = 72;
  c.vocabulary = 101;
  c.max_positions = 96;
  c.norm_epsilon = 1e-6;
  c.tied_head = false;
  c.attention_bias = true;
  c.rope.dimensions = 20;
  for (int i = 0; i < 10; ++i) {
    c.rope.inverse_frequencies.push_back(static_cast<float>(std::pow(100.0, -i / 10.0)));
  }
  c.rope.scale = 1.1;
  return c;
}

std::vector<double> reference_logits(const ModelConfig& config, const Tensors& tensors,
                                     std::span<const std::int32_t> tokens) {
  Reference reference(config, tensors);
  std::vector<double> logits;
  for (const std::int32_t token : tokens) {
    const Row row = reference.next(token);
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return logits;
}

}  // namespace holo::lm::test
