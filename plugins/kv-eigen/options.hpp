// The parameters of kv-eigen, resolved.
#pragma once

#include <cstdint>

#include <holo/params.hpp>

#include "plugins/kv-eigen/basis.hpp"

namespace holo::kv_eigen {

enum class Scope { site, layer, model };

struct Options {
  Scope scope = Scope::model;
  Coding coding = Coding::entropy;
  bool use_metric = true;
  bool predict = true;
  bool turn_back = true;   // keys are coded before rotation
  std::uint64_t k = 0;     // components of a site; 0: all
  double bits = 0;         // of a coefficient; 0: by compression
  double compression = 0;  // 0: by bits
  std::uint64_t context = 0;
  std::uint64_t sinks = 0;
  std::int64_t recent = -1;  // -1: by context
  std::uint64_t span = 0;
  double thrift = 0;

  // Throws INVALID_ARG for parameters that exclude each other.
  explicit Options(const Params& params);
  static ParamTable table();

  // At a context of `context` positions.
  [[nodiscard]] std::uint64_t recent_rows(std::uint64_t positions) const;
  // Bits of a coded position over sites of `values` values in all, of which groups are coded; < 0
  // where the exact rows alone take more than compression leaves.
  [[nodiscard]] double coded_bits(std::uint64_t positions, std::size_t values, std::size_t kept,
                                  std::size_t groups, double id_bits) const;
};

}  // namespace holo::kv_eigen
