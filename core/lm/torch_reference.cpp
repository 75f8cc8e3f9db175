#include "core/lm/torch_reference.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace holo::lm::test {

namespace {

using Row = std::vector<double>;

class Reference {
 public:
  Reference(const ModelConfig& config, TinyWeights& weights)
      : c_(config), weights_(weights), gpt2_(config.architecture == Architecture::gpt2) {}

  const std::vector<float>& get(const std::string& name) { return weights_.tensors.at(name); }

  Row linear(const Row& x, const std::string& name, std::size_t out) {
    const auto& w = get(name + ".weight");
    Row y(out);
    for (std::size_t j = 0; j < out; ++j) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        y[j] += x[i] * w[gpt2_ ? i * out + j : j * x.size() + i];
      }
      if (gpt2_) y[j] += get(name + ".bias")[j];
    }
    return y;
  }

  Row norm(const Row& x, const std::string& name) {
    const auto n = static_cast<double>(x.size());
    double mean = 0;
    for (const double v : x) mean += gpt2_ ? v / n : 0;
    double power = 0;
    for (const double v : x) power += (v - mean) * (v - mean) / n;
    const double scale = 1 / std::sqrt(power + c_.norm_epsilon);
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] = (x[i] - mean) * scale * get(name + ".weight")[i];
      if (gpt2_) y[i] += get(name + ".bias")[i];
    }
    return y;
  }

  // One head's part of a row, rotated to its position.
  Row head(const Row& row, std::int32_t index, std::size_t position, bool turn) const {
    const auto d = static_cast<std::size_t>(c_.head_dim);
    const auto begin = row.begin() + static_cast<std::ptrdiff_t>(index * c_.head_dim);
    Row part(begin, begin + c_.head_dim);
    if (!turn || c_.rope.dimensions == 0) return part;
    const std::size_t half = c_.rope.inverse_frequencies.size();
    Row turned = part;
    for (std::size_t i = 0; i < half && i + half < d; ++i) {
      const double angle = static_cast<double>(position) * c_.rope.inverse_frequencies[i];
      turned[i] = part[i] * std::cos(angle) - part[i + half] * std::sin(angle);
      turned[i + half] = part[i + half] * std::cos(angle) + part[i] * std::sin(angle);
    }
    return turned;
  }

  Row attend(const std::vector<Row>& q, const std::vector<Row>& k, const std::vector<Row>& v,
             std::size_t t) const {
    Row out;
    for (std::int32_t h = 0; h < c_.heads; ++h) {
      const std::int32_t g = h / (c_.heads / c_.kv_heads);
      const Row query = head(q[t], h, t, true);
      Row shares;
      for (std::size_t s = 0; s <= t; ++s) {
        const Row key = head(k[s], g, s, true);
        double dot = 0;
        for (std::size_t i = 0; i < key.size(); ++i) dot += query[i] * key[i];
        shares.push_back(std::exp(dot / std::sqrt(static_cast<double>(c_.head_dim))));
      }
      double sum = 0;
      for (const double share : shares) sum += share;
      Row mixed(static_cast<std::size_t>(c_.head_dim));
      for (std::size_t s = 0; s <= t; ++s) {
        const Row value = head(v[s], g, s, false);
        for (std::size_t i = 0; i < value.size(); ++i) mixed[i] += shares[s] / sum * value[i];
      }
      out.insert(out.end(), mixed.begin(), mixed.end());
    }
    return out;
  }

  Row feed_forward(const Row& x, const std::string& layer) {
    const auto wide = static_cast<std::size_t>(c_.intermediate);
    if (gpt2_) {
      Row y = linear(x, layer + "mlp.c_fc", wide);
      for (double& a : y) {
        const double inner = std::sqrt(2 / std::numbers::pi) * (a + 0.044715 * a * a * a);
        a = 0.5 * a * (1 + std::tanh(inner));
      }
      return linear(y, layer + "mlp.c_proj", x.size());
    }
    Row gate = linear(x, layer + "mlp.gate_proj", wide);
    const Row up = linear(x, layer + "mlp.up_proj", wide);
    for (std::size_t i = 0; i < wide; ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
    return linear(gate, layer + "mlp.down_proj", x.size());
  }

  ReferenceResult run(std::span<const std::int32_t> ids, std::span<const double> change);

 private:
  void project(const Row& x, const std::string& layer, Row& q, Row& k, Row& v) {
    const auto n = static_cast<std::size_t>(c_.hidden);
    const auto width = static_cast<std::size_t>(c_.kv_width());
    if (!gpt2_) {
      q = linear(x, layer + "self_attn.q_proj", static_cast<std::size_t>(c_.heads * c_.head_dim));
      k = linear(x, layer + "self_attn.k_proj", width);
      v = linear(x, layer + "self_attn.v_proj", width);
      return;
    }
    const Row all = linear(x, layer + "attn.c_attn", 3 * n);
    const auto part = [&](std::size_t i) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * n);
      return Row(begin, begin + static_cast<std::ptrdiff_t>(n));
    };
    q = part(0);
    k = part(1);
    v = part(2);
  }

  const ModelConfig& c_;
  TinyWeights& weights_;
  bool gpt2_;
};

Row join(const std::vector<Row>& rows) {
  Row all;
  for (const Row& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

void add(Row& to, const Row& what) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += what[i];
}

ReferenceResult Reference::run(std::span<const std::int32_t> ids, std::span<const double> change) {
  const auto n = static_cast<std::size_t>(c_.hidden);
  const auto width = static_cast<std::size_t>(c_.kv_width());
  const auto& table = get(gpt2_ ? "wte.weight" : "model.embed_tokens.weight");
  const std::size_t count = ids.size();
  std::vector<Row> x(count, Row(n));
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      x[t][i] = table[static_cast<std::size_t>(ids[t]) * n + i];
      if (gpt2_) x[t][i] += get("wpe.weight")[t * n + i];
    }
  }
  ReferenceResult result;
  for (std::int32_t l = 0; l < c_.layers; ++l) {
    result.hidden.push_back(join(x));
    const std::string layer = (gpt2_ ? "h." : "model.layers.") + std::to_string(l) + ".";
    std::vector<Row> q(count), k(count), v(count);
    for (std::size_t t = 0; t < count; ++t) {
      project(norm(x[t], layer + (gpt2_ ? "ln_1" : "input_layernorm")), layer, q[t], k[t], v[t]);
      for (std::size_t i = 0; i < width && !change.empty(); ++i) {
        const std::size_t site = 2 * static_cast<std::size_t>(l);
        k[t][i] += change[(site * count + t) * width + i];
        v[t][i] += change[((site + 1) * count + t) * width + i];
      }
    }
    result.rows.push_back(join(k));
    result.rows.push_back(join(v));
    for (std::size_t t = 0; t < count; ++t) {
      add(x[t],
          linear(attend(q, k, v, t), layer + (gpt2_ ? "attn.c_proj" : "self_attn.o_proj"), n));
      add(x[t],
          feed_forward(norm(x[t], layer + (gpt2_ ? "ln_2" : "post_attention_layernorm")), layer));
    }
  }
  result.hidden.push_back(join(x));
  const auto& out = c_.tied_head ? table : get("lm_head.weight");
  for (const Row& row : x) {
    const Row last = norm(row, gpt2_ ? "ln_f" : "model.norm");
    for (std::size_t w = 0; w < static_cast<std::size_t>(c_.vocabulary); ++w) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += last[i] * out[w * n + i];
      result.logits.push_back(sum);
    }
  }
  return result;
}

}  // namespace

ReferenceResult reference_forward(const ModelConfig& config, TinyWeights& weights,
                                  std::span<const std::int32_t> ids,
                                  std::span<const double> change) {
  return Reference(config, weights).run(ids, change);
}

double reference_loss(const ModelConfig& config, const ReferenceResult& result,
                      std::span<const std::int32_t> ids) {
  const auto words = static_cast<std::size_t>(config.vocabulary);
  double loss = 0;
  for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
    double sum = 0;
    for (std::size_t w = 0; w < words; ++w) sum += std::exp(result.logits[t * words + w]);
    loss += std::log(sum) - result.logits[t * words + static_cast<std::size_t>(ids[t + 1])];
  }
  return loss;
}

}  // namespace holo::lm::test
