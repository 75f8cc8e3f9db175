// holohost lm spectrum
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "core/lm/activation_spectrum.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"text", 't', "FILE", "the text that the model reads", Complete::file},
    {"tokens", 0, "N", "use at most N tokens of it (default 50000); the last fifth is held out"},
    {"window", 0, "N", "tokens a window (default: the model's context)"},
};
constexpr auto kOptions = join_options(kModelOptions, kOwn, kJsonOption);

// The places of C(k) that the research notes state.
constexpr std::size_t kPlaces[] = {1, 2, 5, 9, 22};

nlohmann::ordered_json row_json(const lm::SiteSpectrum& row, const lm::SpectrumOptions& options) {
  nlohmann::ordered_json held_out = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < options.held_out_k.size(); ++i) {
    held_out.push_back({{"k", options.held_out_k[i]}, {"error", row.held_out_error[i]}});
  }
  return {{"site", row.site},
          {"layer", row.layer},
          {"samples", row.samples},
          {"df", row.df},
          {"df_corrected", row.df_corrected},
          {"df_uncentred", row.df_uncentred},
          {"effective_rank", row.effective_rank},
          {"k90", row.k90},
          {"k95", row.k95},
          {"k99", row.k99},
          {"held_out_error", std::move(held_out)},
          {"explained_variance", row.explained_variance}};
}

void print_row(const lm::SiteSpectrum& row) {
  std::printf("%-7s %5d  %7.2f  %8.2f  %7.1f  %5zu  %5zu  %5zu", row.site.c_str(), row.layer,
              row.df, row.df_uncentred, row.effective_rank, row.k90, row.k95, row.k99);
  for (const std::size_t k : kPlaces) {
    const std::size_t at = std::min(k, row.explained_variance.size());
    std::printf("  %6.1f", 100 * row.explained_variance[at - 1]);
  }
  std::printf("  %7.1f\n", 100 * row.held_out_error.front());
}

Result<int> spectrum(const Arguments& arguments) {
  if (!arguments.has("text")) return make_error(HOLO_INVALID_ARG, "expected --text FILE");
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  HOLO_ASSIGN(const auto most, arguments.integer("tokens", 50000, 2, INT64_MAX));
  const std::int32_t longest = session.model->config().max_positions;
  HOLO_ASSIGN(const auto window, arguments.integer("window", longest, 1, longest));
  HOLO_ASSIGN(const std::string text, read_text(arguments.text("text")));
  HOLO_ASSIGN(auto ids, session.encode(text, arguments.text("text")));
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(most)));
  const std::size_t fit = ids.size() / 5 * 4;
  lm::SpectrumOptions options;
  options.window = static_cast<std::size_t>(window);
  const std::span<const std::int32_t> all(ids);
  HOLO_ASSIGN(const auto rows, lm::activation_spectrum(session.model, all.first(fit),
                                                       all.subspan(fit), options, *session.job));
  if (wants_json(arguments)) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const lm::SiteSpectrum& row : rows) list.push_back(row_json(row, options));
    return print_json({{"tokens", fit}, {"held_out_tokens", ids.size() - fit}, {"rows", list}});
  }
  end_progress();
  std::printf(
      "site    layer       Df  Df at 0  eff.rank   k90    k95    k99    C(1)    C(2)    "
      "C(5)    C(9)   C(22)  error, k=9\n");
  for (const lm::SiteSpectrum& row : rows) print_row(row);
  return kExitOk;
}

int run(const Arguments& arguments) {
  auto code = spectrum(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb lm_spectrum_action() {
  return {
      "lm spectrum",
      "--model DIR --text FILE [--json]",
      "How many dimensions hidden states, keys and values fill",
      "Df is the participation ratio of the covariance, 'at 0' that of the second moment, which "
      "one large\nmean direction rules; C(k) is the share of the variance in k components, in "
      "percent. The last\ncolumn is what 9 components leave out of text that the basis has not "
      "seen.",
      "  holohost lm spectrum --model gpt2 --text wiki.test.raw\n",
      kOptions,
      Complete::none,
      run};
}

}  // namespace holo::cli
