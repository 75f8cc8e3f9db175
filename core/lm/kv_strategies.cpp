// The --kv language and the patches that it names.
#include "core/lm/kv_strategies.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace holo::lm {

namespace {

constexpr std::string_view kNone = "none";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Error bad(std::string_view text, const std::string& why) {
  return make_error(HOLO_INVALID_ARG, "--kv '" + std::string(text) + "': " + why);
}

Result<std::int32_t> layer_number(std::string_view word, std::string_view text,
                                  std::int32_t layers) {
  std::int32_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc() || end != word.data() + word.size() || value < 0 || value >= layers) {
    return bad(text, "'" + std::string(word) + "' is not a layer; the model has 0 to " +
                         std::to_string(layers - 1));
  }
  return value;
}

// "2-11" or "0-1,4": sorted, each once.
Result<std::vector<std::int32_t>> parse_layers(std::string_view list, std::string_view text,
                                               std::int32_t layers) {
  std::set<std::int32_t> chosen;
  for (const std::string_view part : split(list, ',')) {
    const std::size_t dash = part.find('-');
    HOLO_ASSIGN(const std::int32_t first, layer_number(part.substr(0, dash), text, layers));
    std::int32_t last = first;
    if (dash != std::string_view::npos) {
      HOLO_ASSIGN(last, layer_number(part.substr(dash + 1), text, layers));
    }
    if (last < first) return bad(text, "'" + std::string(part) + "' runs backwards");
    for (std::int32_t layer = first; layer <= last; ++layer) chosen.insert(layer);
  }
  return std::vector<std::int32_t>(chosen.begin(), chosen.end());
}

// A part that is "k=...", "v=..." or "layers=..."; else both keys and values.
Status parse_part(std::string_view part, std::string_view text, std::int32_t layers,
                  KvClause& clause) {
  const auto value = [&](std::string_view key) { return part.substr(key.size()); };
  const auto set = [&](std::string& field, std::string_view spec) -> Status {
    if (spec.empty()) return bad(text, "a strategy is missing");
    if (!field.empty()) return bad(text, "keys or values are given twice in one clause");
    field = spec;
    return {};
  };
  if (part.starts_with("layers=")) {
    if (!clause.layers.empty()) return bad(text, "layers= is given twice in one clause");
    HOLO_ASSIGN(clause.layers, parse_layers(value("layers="), text, layers));
    return {};
  }
  if (part.starts_with("k=")) return set(clause.keys, value("k="));
  if (part.starts_with("v=")) return set(clause.values, value("v="));
  HOLO_TRY(set(clause.keys, part));
  return set(clause.values, part);
}

std::string layers_text(const std::vector<std::int32_t>& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t last = i;
    while (last + 1 < layers.size() && layers[last + 1] == layers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(layers[i]);
    if (last > i) text += "-" + std::to_string(layers[last]);
    i = last + 1;
  }
  return text;
}

std::string normalised(const std::vector<KvClause>& clauses) {
  std::string text;
  for (const KvClause& clause : clauses) {
    if (!text.empty()) text += '|';
    if (clause.keys == clause.values) {
      text += clause.keys;
    } else {
      if (!clause.keys.empty()) text += "k=" + clause.keys;
      if (!clause.values.empty()) text += (clause.keys.empty() ? "v=" : ";v=") + clause.values;
    }
    if (!clause.layers.empty()) text += ";layers=" + layers_text(clause.layers);
  }
  return text.empty() ? std::string(kNone) : text;
}

// Sites that a clause asks for and no earlier one has.
std::vector<host::Site> claim(const KvClause& clause, bool keys, bool values, std::int32_t layers,
                              std::set<std::string>& taken) {
  std::vector<host::Site> sites;
  for (std::int32_t layer = 0; layer < layers; ++layer) {
    if (!clause.layers.empty() &&
        !std::binary_search(clause.layers.begin(), clause.layers.end(), layer)) {
      continue;
    }
    const std::string name = "h." + std::to_string(layer);
    const auto add = [&](std::int32_t kind, const char* suffix) {
      if (taken.insert(name + suffix).second)
        sites.push_back({kind, layer, name + suffix, nullptr});
    };
    if (keys) add(HOLO_SITE_K, ".k");
    if (values) add(HOLO_SITE_V, ".v");
  }
  return sites;
}

Result<std::shared_ptr<host::PatchSession>> open_patch(host::Registry& registry, host::Job& job,
                                                       const holo_model& model,
                                                       const std::string& text,
                                                       std::vector<host::Site> sites) {
  HOLO_ASSIGN(const host::ComponentSpec spec, host::parse_component_spec(text));
  HOLO_ASSIGN(const host::ComponentInfo* component,
              registry.find(host::ComponentKind::model_patch, spec.name));
  for (const host::Site& site : sites) {
    if ((component->kinds & (1u << site.kind)) != 0) continue;
    return make_error(HOLO_INVALID_ARG, spec.name + " does not serve " + site.name + " (" +
                                            (site.kind == HOLO_SITE_K ? "keys" : "values") + ")");
  }
  HOLO_ASSIGN(const ParamValues params,
              host::resolve_params(component->params, spec.params, spec.name));
  HOLO_ASSIGN(auto patch, host::PatchSession::create(registry, *component, job, params));
  HOLO_TRY(patch->supports(model));
  HOLO_TRY(patch->attach(model, std::move(sites)));
  return patch;
}

}  // namespace

Result<std::vector<KvClause>> parse_kv(std::string_view text, std::int32_t layers) {
  std::vector<KvClause> clauses;
  if (trimmed(text).empty() || trimmed(text) == kNone) return clauses;
  for (const std::string_view part : split(text, '|')) {
    KvClause clause;
    for (const std::string_view piece : split(part, ';')) {
      HOLO_TRY(parse_part(piece, text, layers, clause));
    }
    if (clause.keys.empty() && clause.values.empty()) {
      return bad(text, "a clause names no strategy");
    }
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

Result<KvPatches> open_kv(host::Registry& registry, host::Job& job, const Model& model,
                          std::string_view text) {
  const std::int32_t layers = model.config().layers;
  HOLO_ASSIGN(const auto clauses, parse_kv(text, layers));
  KvPatches opened{normalised(clauses), {}};
  std::set<std::string> taken;
  for (const KvClause& clause : clauses) {
    struct Half {
      const std::string& spec;
      bool keys;
      bool values;
    };
    // One patch for both where they are the same: it can share what it finds.
    const std::vector<Half> halves =
        clause.keys == clause.values
            ? std::vector<Half>{{clause.keys, true, true}}
            : std::vector<Half>{{clause.keys, true, false}, {clause.values, false, true}};
    for (const Half& half : halves) {
      if (half.spec.empty() || half.spec == kNone) continue;
      auto sites = claim(clause, half.keys, half.values, layers, taken);
      if (sites.empty()) {
        return bad(text, "nothing is left for '" + half.spec +
                             "': earlier clauses have taken all its keys and values");
      }
      HOLO_ASSIGN(auto patch,
                  open_patch(registry, job, model.description(), half.spec, std::move(sites)));
      opened.patches.push_back(std::move(patch));
    }
  }
  return opened;
}

}  // namespace holo::lm
