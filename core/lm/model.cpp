// Puts the tensors of a model into the layout of the kernels.
#include "core/lm/model.hpp"

#include <utility>

#include "core/lm/model_state.hpp"

namespace holo::lm {
namespace {

Error impossible(const std::string& what) {
  return make_error(HOLO_INVALID_ARG, "the model's config is impossible: " + what);
}

Status check(const ModelConfig& c) {
  const std::pair<const char*, std::int32_t> sizes[] = {
      {"layers", c.layers},         {"hidden", c.hidden},
      {"heads", c.heads},           {"kv_heads", c.kv_heads},
      {"head_dim", c.head_dim},     {"intermediate", c.intermediate},
      {"vocabulary", c.vocabulary}, {"max_positions", c.max_positions}};
  for (const auto& [name, size] : sizes) {
    if (size < 1) return impossible(std::string(name) + " is " + std::to_string(size));
  }
  if (c.heads % c.kv_heads != 0) return impossible("heads is no multiple of kv_heads");
  if (c.architecture == Architecture::gpt2) {
    if (c.heads * c.head_dim != c.hidden || c.kv_heads != c.heads) {
      return impossible("gpt2 has heads * head_dim = hidden and kv_heads = heads");
    }
    if (!c.tied_head) return impossible("gpt2's output matrix is its embedding");
    return {};
  }
  if (c.rope.dimensions % 2 != 0 || c.rope.dimensions > c.head_dim ||
      c.rope.inverse_frequencies.size() != static_cast<std::size_t>(c.rope.dimensions / 2)) {
    return impossible("rope turns " + std::to_string(c.rope.dimensions) + " of " +
                      std::to_string(c.head_dim) + " dimensions with " +
                      std::to_string(c.rope.inverse_frequencies.size()) + " frequencies");
  }
  return {};
}

// Reads tensors into matrices.
class Builder {
 public:
  Builder(Model::State& state, const TensorSource& tensors, const host::Job& job)
      : state_(state), tensors_(tensors), job_(job) {}

  Status embedding(const std::string& name) {
    HOLO_ASSIGN(state_.embedding,
                matrix(name, hidden(), size(config().vocabulary), MatrixLayout::out_in));
    return {};
  }

  Status gpt2() {
    HOLO_TRY(embedding("wte.weight"));
    HOLO_ASSIGN(state_.positions,
                tensors_("wpe.weight", shape(size(config().max_positions), hidden())));
    const std::size_t inner = size(config().intermediate);
    for (std::int32_t i = 0; i < config().layers; ++i) {
      const std::string at = "h." + std::to_string(i) + ".";
      Layer layer;
      HOLO_ASSIGN(layer.attention_norm, norm(at + "ln_1", true));
      HOLO_ASSIGN(layer.qkv, conv(at + "attn.c_attn", hidden(), 3 * hidden()));
      HOLO_ASSIGN(layer.attention_out, conv(at + "attn.c_proj", hidden(), hidden()));
      HOLO_ASSIGN(layer.mlp_norm, norm(at + "ln_2", true));
      HOLO_ASSIGN(layer.up, conv(at + "mlp.c_fc", hidden(), inner));
      HOLO_ASSIGN(layer.down, conv(at + "mlp.c_proj", inner, hidden()));
      state_.layers.push_back(std::move(layer));
    }
    HOLO_ASSIGN(state_.final_norm, norm("ln_f", true));
    return {};
  }

  Status llama() {
    HOLO_TRY(embedding("model.embed_tokens.weight"));
    const std::size_t inner = size(config().intermediate);
    for (std::int32_t i = 0; i < config().layers; ++i) {
      const std::string at = "model.layers." + std::to_string(i) + ".";
      Layer layer;
      HOLO_ASSIGN(layer.attention_norm, norm(at + "input_layernorm", false));
      HOLO_ASSIGN(layer.qkv, attention_in(at + "self_attn."));
      HOLO_ASSIGN(layer.attention_out.matrix,
                  matrix(at + "self_attn.o_proj.weight", state_.query_width(), hidden(),
                         MatrixLayout::out_in));
      if (config().attention_bias) {
        HOLO_ASSIGN(layer.attention_out.bias,
                    optional_vector(at + "self_attn.o_proj.bias", hidden()));
      }
      HOLO_ASSIGN(layer.mlp_norm, norm(at + "post_attention_layernorm", false));
      HOLO_ASSIGN(layer.up.matrix, gate_and_up(at + "mlp."));
      HOLO_ASSIGN(layer.down.matrix,
                  matrix(at + "mlp.down_proj.weight", inner, hidden(), MatrixLayout::out_in));
      state_.layers.push_back(std::move(layer));
    }
    HOLO_ASSIGN(state_.final_norm, norm("model.norm", false));
    if (!config().tied_head) {
      HOLO_ASSIGN(state_.head, matrix("lm_head.weight", hidden(), size(config().vocabulary),
                                      MatrixLayout::out_in));
    }
    return {};
  }

 private:
  using Shape = std::vector<std::int64_t>;
  [[nodiscard]] const ModelConfig& config() const { return state_.config; }
  static std::size_t size(std::int32_t n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] std::size_t hidden() const { return size(config().hidden); }
  static Shape shape(std::size_t n) { return {static_cast<std::int64_t>(n)}; }
  static Shape shape(std::size_t n, std::size_t m) {
    return {static_cast<std::int64_t>(n), static_cast<std::int64_t>(m)};
  }

  Status fill(PackedMatrix& to, std::size_t first, std::size_t count, const std::string& name,
              MatrixLayout layout, std::size_t step = 1) {
    HOLO_TRY(job_.check_cancelled());
    const bool in_out = layout == MatrixLayout::in_out;
    HOLO_ASSIGN(const std::vector<float> weights,
                tensors_(name, in_out ? shape(to.inputs(), count) : shape(count, to.inputs())));
    to.fill(first, count, weights, layout, job_, step);
    return {};
  }

  Result<PackedMatrix> matrix(const std::string& name, std::size_t in, std::size_t out,
                              MatrixLayout layout) {
    PackedMatrix result(state_.arena, in, out, state_.precision);
    HOLO_TRY(fill(result, 0, out, name, layout));
    return result;
  }

  Result<Linear> conv(const std::string& name, std::size_t in, std::size_t out) {
    Linear linear;
    HOLO_ASSIGN(linear.matrix, matrix(name + ".weight", in, out, MatrixLayout::in_out));
    HOLO_ASSIGN(linear.bias, tensors_(name + ".bias", shape(out)));
    return linear;
  }

  Result<Norm> norm(const std::string& name, bool has_bias) {
    Norm norm;
    HOLO_ASSIGN(norm.weight, tensors_(name + ".weight", shape(hidden())));
    if (has_bias) {
      HOLO_ASSIGN(norm.bias, tensors_(name + ".bias", shape(hidden())));
    }
    return norm;
  }

  Result<std::vector<float>> optional_vector(const std::string& name, std::size_t count) {
    auto values = tensors_(name, shape(count));
    if (!values && values.error().code == HOLO_NOT_FOUND) return std::vector<float>{};
    return values;
  }

  Result<Linear> attention_in(const std::string& at) {
    const std::size_t queries = state_.query_width();
    const std::size_t kv = state_.kv_width();
    const std::pair<const char*, std::size_t> parts[] = {
        {"q_proj", queries}, {"k_proj", kv}, {"v_proj", kv}};
    Linear linear{PackedMatrix(state_.arena, hidden(), queries + 2 * kv, state_.precision), {}};
    std::size_t first = 0;
    for (const auto& [name, count] : parts) {
      HOLO_TRY(fill(linear.matrix, first, count, at + name + ".weight", MatrixLayout::out_in));
      if (config().attention_bias) {
        HOLO_ASSIGN(const std::vector<float> bias, tensors_(at + name + ".bias", shape(count)));
        linear.bias.insert(linear.bias.end(), bias.begin(), bias.end());
      }
      first += count;
    }
    return linear;
  }

  Result<PackedMatrix> gate_and_up(const std::string& at) {
    const std::size_t inner = size(config().intermediate);
    const std::size_t panels = (inner + kPanel - 1) / kPanel;
    PackedMatrix result(state_.arena, hidden(), 2 * panels * kPanel, state_.precision);
    HOLO_TRY(fill(result, 0, inner, at + "gate_proj.weight", MatrixLayout::out_in, 2));
    HOLO_TRY(fill(result, kPanel, inner, at + "up_proj.weight", MatrixLayout::out_in, 2));
    return result;
  }

  Model::State& state_;
  const TensorSource& tensors_;
  const host::Job& job_;
};

std::uint64_t bytes_of(const Model::State& state) {
  std::uint64_t sum = state.output().bytes();
  for (const Layer& layer : state.layers) {
    for (const Linear* linear : {&layer.qkv, &layer.attention_out, &layer.up, &layer.down}) {
      sum += linear->matrix.bytes() + linear->bias.size() * sizeof(float);
    }
    for (const Norm* norm : {&layer.attention_norm, &layer.mlp_norm}) {
      sum += (norm->weight.size() + norm->bias.size()) * sizeof(float);
    }
  }
  return sum;
}

holo_status input_for_patches(void* context, std::int32_t id, std::uint64_t position, float* out) {
  const auto& state = *static_cast<const Model::State*>(context);
  if (id < 0 || id >= state.config.vocabulary || out == nullptr ||
      position >= static_cast<std::uint64_t>(state.config.max_positions)) {
    return HOLO_INVALID_ARG;
  }
  state.input(id, static_cast<std::size_t>(position), out);
  return HOLO_OK;
}

}  // namespace

void Model::State::input(std::int32_t id, std::size_t position, float* out) const {
  const auto hidden = static_cast<std::size_t>(config.hidden);
  embedding.read_output(static_cast<std::size_t>(id), out);
  if (positions.empty()) return;
  kernels().add(out, positions.data() + position * hidden, hidden);
}

Model::Model() : state_(std::make_unique<State>()) {}
Model::~Model() = default;

Result<std::shared_ptr<const Model>> Model::build(const ModelConfig& config,
                                                  const TensorSource& tensors,
                                                  const LoadOptions& options, host::Job& job) {
  HOLO_TRY(check(config));
  std::shared_ptr<Model> model(new Model());
  State& state = *model->state_;
  state.config = config;
  state.precision = options.precision;
  state.description = describe_model(state.config, state.rope);
  state.description.input_ctx = &state;
  state.description.input = input_for_patches;
  Builder builder(state, tensors, job);
  HOLO_TRY(config.architecture == Architecture::gpt2 ? builder.gpt2() : builder.llama());
  state.bytes_per_token = bytes_of(state);
  return std::shared_ptr<const Model>(std::move(model));
}

const ModelConfig& Model::config() const { return state_->config; }
const holo_model& Model::description() const { return state_->description; }
Precision Model::precision() const { return state_->precision; }
std::uint64_t Model::bytes_per_token() const { return state_->bytes_per_token; }

}  // namespace holo::lm
