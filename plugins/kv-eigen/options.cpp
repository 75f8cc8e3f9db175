#include "plugins/kv-eigen/options.hpp"

#include <algorithm>
#include <holo/error.hpp>

#include "plugins/kv-eigen/coded_rows.hpp"

namespace holo::kv_eigen {
namespace {
constexpr double kDefaultCompression = 20;
constexpr double kDefaultPackedBits = 4;
}  // namespace

Options::Options(const Params& params) {
  const std::string& reach = params.choice("scope");
  scope = reach == "site" ? Scope::site : reach == "layer" ? Scope::layer : Scope::model;
  coding = params.choice("coding") == "packed" ? Coding::packed : Coding::entropy;
  use_metric = params.choice("basis") == "loss";
  const std::string& guess = params.choice("predict");
  predict = guess == "input" || (guess == "auto" && scope != Scope::site);
  turn_back = params.choice("rope") == "before";
  k = static_cast<std::uint64_t>(params.integer("k"));
  bits = params.number("bits");
  compression = params.number("compression");
  context = static_cast<std::uint64_t>(params.integer("context"));
  sinks = static_cast<std::uint64_t>(params.integer("sinks"));
  recent = params.integer("recent");
  span = static_cast<std::uint64_t>(params.integer("span"));
  thrift = params.number("thrift");
  if (bits > 0 && compression > 0) {
    throw Failure(HOLO_INVALID_ARG,
                  "bits and compression both say how small rows get; leave out one of the two",
                  "bits");
  }
  if (compression > 0 && compression < 1) {
    throw Failure(HOLO_INVALID_ARG, "compression below 1 would make rows larger than float16",
                  "compression");
  }
  if (bits == 0 && compression == 0) {
    if (k > 0) {
      bits = 16;
    } else if (coding == Coding::packed) {
      bits = kDefaultPackedBits;
    } else {
      compression = kDefaultCompression;
    }
  }
}

std::uint64_t Options::recent_rows(std::uint64_t positions) const {
  if (recent >= 0) return static_cast<std::uint64_t>(recent);
  return coding == Coding::packed ? std::min<std::uint64_t>(128, positions / 16) : 0;
}

double Options::coded_bits(std::uint64_t positions, std::size_t values, std::size_t kept,
                           std::size_t groups, double id_bits) const {
  if (bits > 0) return bits * static_cast<double>(kept);
  const auto all = static_cast<double>(positions);
  const double exact = std::min(static_cast<double>(sinks + recent_rows(positions)), all - 1);
  const double row = 16.0 * static_cast<double>(values);
  const double left = row * all / compression - row * exact - id_bits * all;
  // What a block takes besides its symbols: states that start full, and the length.
  const double frame = coding == Coding::entropy ? 64.0 / kBlockPositions : 0;
  return left / (all - exact) - frame * static_cast<double>(groups);
}

ParamTable Options::table() {
  return ParamTable{
      choice_param("scope", "What is coded together", "model",
                   {{"site", "The keys or the values of a layer: fastest"},
                    {"layer", "Keys and values of a layer"},
                    {"model", "All sites of the patch: smallest"}})
          .help("A position is coded when all sites of its scope have their row, so that one basis "
                "may span the layers. See also span."),
      choice_param("coding", "How coefficients are kept", "entropy",
                   {{"packed", "Whole bits, read in place"},
                    {"entropy", "Arithmetic-coded blocks of 16 positions: smaller, slower"}}),
      choice_param(
          "basis", "In which measure errors are kept small", "loss",
          {{"pca", "Squared error of the rows"},
           {"loss", "What they do to the model's loss, where calibration tells (else pca)"}}),
      choice_param("predict", "What rows are guessed from before they are coded", "auto",
                   {{"auto", "The token, unless scope=site"},
                    {"none", "Their mean"},
                    {"input", "The token's input to the model: 2 or 4 bytes a token are kept"}}),
      choice_param("rope", "Where keys of a model with rotary embedding are coded", "before",
                   {{"before", "Before rotation: smaller"},
                    {"after", "As they are: attention reads packed keys in place"}}),
      int_param("k", "", "Components kept of each site's row", 0, 0, 65536)
          .help("Counted per site: a scope of n sites keeps up to n times as many. 0: as many as "
                "pay. Given alone, coefficients are kept as float16."),
      float_param("bits", "", "Average bits of a coefficient", 0, 0, 16)
          .help("Of the components that k lets stay; with k=0 that is bits per value of a row. 16: "
                "float16. 0: by compression, or 4 for coding=packed. Excludes compression."),
      float_param("compression", "", "Size of float16 rows over that of coded ones", 0, 0, 1000)
          .help(
              "All that grows with positions counts, at a text of `context` positions. 0: by bits "
              "or, without bits and k, 20 for coding=entropy. Excludes bits."),
      int_param("context", "", "Positions for which compression is reckoned", 0, 0, 1 << 24)
          .help("0: as many as the model takes."),
      int_param("sinks", "", "First positions kept exact, as float16", 1, 0, 65536),
      int_param("recent", "", "Latest positions kept exact, as float16", -1, -1, 65536)
          .help("-1: none for coding=entropy, else a sixteenth of context, 128 at most."),
      int_param("span", "", "Values of a position that one basis may span", 4096, 16, 16384)
          .help("Layers are divided into as few equal groups as that allows. Fitting takes time by "
                "the third power of it.")
          .expert(),
      float_param("thrift", "", "Weight of bits against error when coefficients are rounded", 0.1,
                  0, 1)
          .expert(),
  };
}

}  // namespace holo::kv_eigen
