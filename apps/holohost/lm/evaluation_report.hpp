// The text that is measured on, and what is said about it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/holohost/lm/lm_session.hpp"
#include "core/lm/evaluate.hpp"

namespace holo::cli {

inline constexpr Option kTextOptions[] = {
    {"text", 't', "FILE", "the text to predict", Complete::file},
    {"characters", 0, "N", "only the first N bytes of it, cut at a character"},
    {"skip-characters", 0, "N", "leave out the first N bytes"},
    {"window", 0, "N", "tokens a window (default: the model's context)"},
    {"stride", 0, "M", "tokens between the beginnings of windows (default: the window)"},
    {"chunk", 0, "N",
     "tokens a step; above 1, tokens of one step see each other exactly (default 1)"},
    {"batch", 0, "N", "windows at a time (default 16)"},
    {"no-compare", 0, nullptr, "leave out the run with a full cache"},
};

struct EvaluationText {
  std::vector<std::int32_t> ids;
  lm::EvaluateOptions options;  // from the rows above
};
Result<EvaluationText> evaluation_text(const LmSession& session, const Arguments& arguments);

nlohmann::ordered_json evaluation_json(const lm::Evaluation& result, const std::string& kv,
                                       const lm::EvaluateOptions& options);
std::string evaluation_lines(const lm::Evaluation& result, const std::string& kv,
                             const lm::EvaluateOptions& options);

}  // namespace holo::cli
