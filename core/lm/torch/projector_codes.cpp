#include "core/lm/torch/projector_codes.hpp"

#include <cmath>
#include <limits>
#include <set>

namespace holo::lm {

namespace {

constexpr float kAny = std::numeric_limits<float>::infinity();

std::string site_name(const ProjectorSite& site) {
  return std::string(site.keys ? "keys" : "values") + " of layer " + std::to_string(site.layer);
}

bool all_finite(const std::vector<float>& numbers) {
  for (const float number : numbers) {
    if (!std::isfinite(number)) return false;
  }
  return true;
}

Status check_numbers(const Projector& projector, std::int64_t width, const std::string& where) {
  const auto k = static_cast<std::size_t>(projector.components);
  const auto n = static_cast<std::size_t>(width);
  const auto fits = [](const std::vector<float>& list, std::size_t size) {
    return list.empty() || list.size() == size;
  };
  if (projector.mean.size() != n || projector.encode.size() != n * k ||
      projector.decode.size() != n * k || !fits(projector.steps, k) || !fits(projector.limits, k)) {
    return make_error(HOLO_INVALID_ARG,
                      where + ": mean, bases, steps and limits are not those of " +
                          std::to_string(n) + " numbers in " + std::to_string(k) + " components");
  }
  if (!all_finite(projector.mean) || !all_finite(projector.encode) ||
      !all_finite(projector.decode) || !all_finite(projector.steps)) {
    return make_error(HOLO_INVALID_ARG, where + ": a number is not finite");
  }
  return {};
}

}  // namespace

Status check_projectors(std::span<const Projector> projectors, const ModelConfig& config) {
  std::set<std::pair<std::int32_t, bool>> taken;
  if (projectors.empty()) return make_error(HOLO_INVALID_ARG, "there is no projector to tune");
  for (std::size_t i = 0; i < projectors.size(); ++i) {
    const Projector& projector = projectors[i];
    const std::string where = "projector " + std::to_string(i);
    if (projector.sites.empty() || projector.components < 1) {
      return make_error(HOLO_INVALID_ARG, where + " has no site or no component");
    }
    for (const ProjectorSite& site : projector.sites) {
      if (site.layer < 0 || site.layer >= config.layers) {
        return make_error(HOLO_INVALID_ARG, where + " is for the " + site_name(site) +
                                                ", but the model has " +
                                                std::to_string(config.layers) + " layers");
      }
      if (!taken.insert({site.layer, site.keys}).second) {
        return make_error(HOLO_INVALID_ARG, "the " + site_name(site) + " belong to two projectors");
      }
    }
    const auto width = static_cast<std::int64_t>(projector.sites.size()) * config.kv_width();
    HOLO_TRY(check_numbers(projector, width, where));
  }
  return {};
}

ProjectorTensors::ProjectorTensors(const Projector& from, std::int64_t row_width, at::Device device)
    : sites(from.sites) {
  const std::int64_t k = from.components;
  const std::int64_t width = static_cast<std::int64_t>(sites.size()) * row_width;
  std::vector<float> step = from.steps;
  std::vector<float> limit = from.limits;
  step.resize(static_cast<std::size_t>(k), 0);
  limit.resize(static_cast<std::size_t>(k), 0);
  mean = to_tensor(from.mean, {width}, device);
  encode = to_tensor(from.encode, {width, k}, device);
  decode = to_tensor(from.decode, {k, width}, device);
  steps = to_tensor(step, {k}, device);
  quantised = steps > 0;
  steps = at::where(quantised, steps, at::ones_like(steps));
  limits = to_tensor(limit, {k}, device);
  limits = at::where(limits > 0, limits, at::full_like(limits, kAny));
}

at::Tensor joint_rows(const ProjectorTensors& projector, std::span<const LayerRows> rows) {
  std::vector<at::Tensor> parts;
  for (const ProjectorSite& site : projector.sites) {
    const LayerRows& layer = rows[static_cast<std::size_t>(site.layer)];
    parts.push_back(site.keys ? layer.keys : layer.values);
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

at::Tensor analyse(const ProjectorTensors& projector, const at::Tensor& rows) {
  const at::Tensor codes = at::matmul(rows - projector.mean, projector.encode) / projector.steps;
  return at::minimum(at::maximum(codes, -projector.limits), projector.limits);
}

at::Tensor synthesise(const ProjectorTensors& projector, const at::Tensor& codes) {
  return at::matmul(codes * projector.steps, projector.decode) + projector.mean;
}

at::Tensor round_codes(const ProjectorTensors& projector, const at::Tensor& codes,
                       Rounding rounding, std::uint64_t noise_seed) {
  at::Tensor coded;
  if (rounding == Rounding::noise) {
    const at::Tensor noise = at::rand(codes.sizes(), generator(noise_seed)) - 0.5;
    coded = codes + noise.to(codes.device());
  } else if (rounding == Rounding::straight_through) {
    coded = codes + (codes.round() - codes).detach();
  } else {
    coded = codes.round();
  }
  return at::where(projector.quantised, coded, codes);
}

at::Tensor estimated_rate(const ProjectorTensors& projector, const at::Tensor& codes) {
  const at::Tensor flat = codes.reshape({-1, codes.size(2)});
  const at::Tensor spread = flat.var(at::IntArrayRef{0}, /*unbiased=*/false);
  // A uniform step of 1 has a variance of 1 / 12.
  const at::Tensor bits = at::log2(spread * 12 + 1) * 0.5;
  return at::where(projector.entropy_coded(), bits, at::zeros_like(bits)).sum();
}

void spread_rows(const ProjectorTensors& projector, const at::Tensor& rows, PastRows& into) {
  const auto count = static_cast<std::int64_t>(projector.sites.size());
  const std::vector<at::Tensor> parts = rows.split(rows.size(2) / count, 2);
  for (std::size_t i = 0; i < projector.sites.size(); ++i) {
    LayerRows& layer = into.layers[static_cast<std::size_t>(projector.sites[i].layer)];
    (projector.sites[i].keys ? layer.keys : layer.values) = parts[i].contiguous();
  }
}

at::Tensor exact_positions(std::int64_t time, std::int64_t sinks, std::int64_t recent,
                           at::Device device) {
  const at::Tensor position = at::arange(time, at::TensorOptions(at::kLong).device(device));
  const at::Tensor row = position.unsqueeze(0);
  const at::Tensor distance = position.unsqueeze(1) - row;
  return (row < sinks).logical_or(distance <= recent);
}

}  // namespace holo::lm
