// From the words of --codecs to curves with names of their own.
#include "core/bench/curves.hpp"

#include <algorithm>
#include <map>

#include "core/bench/sweep.hpp"
#include "core/jobs/encode.hpp"

namespace holo::bench {

namespace {

struct Row {
  std::string key;
  Sweep sweep;
  bool numeric = false;
  bool rate = false;  // the codec's own parameter for size against quality
};

std::string setting_of(const host::KeyValue& pair) { return pair.first + "=" + pair.second; }

// A curve on the way: its fixed parameters as given, in order.
struct Draft {
  const host::ComponentInfo* codec = nullptr;
  std::vector<host::KeyValue> fixed;
  std::string along;  // key of the parameter that runs along; may be empty
  std::vector<std::string> values;
};

Result<const host::ComponentInfo*> find_codec(const host::Registry& registry,
                                              const std::string& name) {
  HOLO_ASSIGN(const auto* codec, jobs::find_named(registry, host::ComponentKind::codec, name));
  constexpr std::uint32_t kBothWays = HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES;
  if ((codec->capabilities & kBothWays) != kBothWays) {
    return make_error(HOLO_INVALID_ARG, "codec '" + name + "' does not both encode and decode");
  }
  if ((codec->format.kinds & (1u << HOLO_PICTURE)) == 0) {
    return make_error(HOLO_INVALID_ARG, "codec '" + name + "' does not store pictures");
  }
  return codec;
}

Result<std::vector<Row>> expand_all(const host::ComponentInfo& codec,
                                    const std::vector<host::KeyValue>& given) {
  std::vector<Row> rows;
  for (const auto& [key, text] : given) {
    const auto spec = std::find_if(codec.params.begin(), codec.params.end(),
                                   [&](const host::ParamSpec& each) { return each.key == key; });
    Row row{key, {{text}, false}};
    if (spec != codec.params.end()) {
      HOLO_ASSIGN(row.sweep, expand(*spec, text));
      row.numeric = spec->type == HOLO_PARAM_INT || spec->type == HOLO_PARAM_FLOAT;
      row.rate = (spec->flags & HOLO_PARAM_RATE) != 0;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

const Row* row_along(const std::vector<Row>& rows) {
  const Row* range = nullptr;
  const Row* list = nullptr;
  for (const Row& row : rows) {
    if (!row.numeric || row.sweep.values.size() < 2) continue;
    if (row.rate) return &row;
    if (row.sweep.range && range == nullptr) range = &row;
    list = &row;
  }
  return range != nullptr ? range : list;
}

// Every combination of the values that do not run along.
std::vector<Draft> drafts_of(const host::ComponentInfo& codec, const std::vector<Row>& rows) {
  const Row* along = row_along(rows);
  std::vector<Draft> drafts(1);
  drafts[0].codec = &codec;
  for (const Row& row : rows) {
    if (&row == along) {
      for (Draft& draft : drafts) {
        draft.along = row.key;
        draft.values = row.sweep.values;
      }
      continue;
    }
    std::vector<Draft> grown;
    for (const Draft& draft : drafts) {
      for (const std::string& value : row.sweep.values) {
        if (grown.size() > kMostPoints) return grown;
        grown.push_back(draft);
        grown.back().fixed.emplace_back(row.key, value);
      }
    }
    drafts = std::move(grown);
  }
  return drafts;
}

Result<Curve> finish(const Draft& draft) {
  Curve curve;
  curve.codec = draft.codec;
  const std::vector<std::string> once = {""};
  for (const std::string& value : draft.along.empty() ? once : draft.values) {
    std::vector<host::KeyValue> given = draft.fixed;
    Point point;
    if (!draft.along.empty()) {
      given.emplace_back(draft.along, value);
      point.setting = setting_of(given.back());
    }
    HOLO_ASSIGN(point.params,
                host::resolve_params(draft.codec->params, given, draft.codec->alias, false));
    curve.points.push_back(std::move(point));
  }
  return curve;
}

std::string name_of(const Draft& draft, const std::vector<host::KeyValue>& shown) {
  std::string name = draft.codec->alias;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    name += (i == 0 ? ":" : ",") + setting_of(shown[i]);
  }
  return name;
}

bool gives(const Draft& draft, const host::KeyValue& pair) {
  return std::find(draft.fixed.begin(), draft.fixed.end(), pair) != draft.fixed.end();
}

// What was given to this curve, but not to every other curve of the same codec.
std::vector<host::KeyValue> own_params(const Draft& draft, const std::vector<Draft>& drafts) {
  std::vector<host::KeyValue> own;
  for (const host::KeyValue& pair : draft.fixed) {
    const bool shared = std::all_of(drafts.begin(), drafts.end(), [&](const Draft& other) {
      return other.codec != draft.codec || gives(other, pair);
    });
    if (!shared) own.push_back(pair);
  }
  return own;
}

// The alias and what tells the curve from others; numbered where that is not enough.
std::vector<std::string> names_of(const std::vector<Draft>& drafts) {
  std::vector<std::string> names;
  std::map<std::string, int> used;
  for (const Draft& draft : drafts) {
    std::string name = name_of(draft, own_params(draft, drafts));
    const int count = ++used[name];
    if (count > 1) name += "#" + std::to_string(count);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

Result<std::vector<Curve>> make_curves(const host::Registry& registry,
                                       const std::vector<std::string>& words) {
  std::vector<Draft> drafts;
  for (const std::string& word : words) {
    for (const std::string& text : split_codecs(word)) {
      HOLO_ASSIGN(const auto spec, host::parse_component_spec(text));
      HOLO_ASSIGN(const auto* codec, find_codec(registry, spec.name));
      HOLO_ASSIGN(const auto rows, expand_all(*codec, spec.params));
      for (Draft& draft : drafts_of(*codec, rows)) drafts.push_back(std::move(draft));
    }
  }
  std::size_t points = 0;
  for (const Draft& draft : drafts) points += std::max<std::size_t>(1, draft.values.size());
  if (drafts.empty() || points > kMostPoints) {
    return make_error(HOLO_INVALID_ARG,
                      drafts.empty()
                          ? "expected at least one codec"
                          : "the sweeps make more than " + std::to_string(kMostPoints) + " points");
  }
  const std::vector<std::string> names = names_of(drafts);
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    HOLO_ASSIGN(Curve curve, finish(drafts[i]));
    curve.name = names[i];
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace holo::bench
