// Timings of the runtime.
#include "apps/holohost/lm/speed.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "apps/holohost/lm/libtorch_speed.hpp"
#include "core/lm/forward.hpp"

namespace holo::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPrefillTokens = 512;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Result<double> decode_seconds(LmSession& session, lm::Sequence& sequence, std::size_t count) {
  lm::Forward forward(*session.model, *session.job);
  std::int32_t id = 1;
  // The first step warms buffers and threads up.
  double seconds = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    HOLO_TRY(session.job->check_cancelled());
    const auto start = Clock::now();
    const lm::Run run{&sequence, {&id, 1}};
    HOLO_ASSIGN(const auto logits, forward.step({&run, 1}, lm::LogitRows::last));
    id = static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (i > 0) seconds += seconds_since(start);
  }
  return seconds;
}

}  // namespace

std::vector<std::int32_t> arbitrary_tokens(std::size_t count, std::int32_t vocabulary) {
  std::vector<std::int32_t> ids(count);
  std::uint64_t state = 1;
  for (std::int32_t& id : ids) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    id = static_cast<std::int32_t>((state >> 33) % static_cast<std::uint64_t>(vocabulary));
  }
  return ids;
}

Result<SpeedOptions> speed_options(const Arguments& arguments, const lm::Model& model) {
  SpeedOptions options;
  HOLO_ASSIGN(const auto decode, arguments.integer("decode", 32, 1, 1 << 20));
  HOLO_ASSIGN(const auto repeat, arguments.integer("repeat", 3, 1, 1000));
  options.decode = static_cast<std::size_t>(decode);
  options.repeat = static_cast<int>(repeat);
  const auto longest = static_cast<std::size_t>(model.config().max_positions);
  if (!arguments.has("contexts")) {
    const std::size_t room = longest > options.decode + 1 ? longest - options.decode - 1 : 1;
    options.contexts = {std::min<std::size_t>(16, room), room};
    return options;
  }
  const std::string list = arguments.text("contexts");
  for (const char* at = list.data(); at < list.data() + list.size();) {
    std::size_t value = 0;
    const auto [end, failure] = std::from_chars(at, list.data() + list.size(), value);
    const bool ends = end == list.data() + list.size() || *end == ',';
    if (failure != std::errc() || !ends || value < 1 || value + options.decode + 1 > longest) {
      return make_error(HOLO_INVALID_ARG,
                        "--contexts takes lengths such as 128,1000, each with room for " +
                            std::to_string(options.decode + 1) + " tokens in the context of " +
                            std::to_string(longest) + "; found '" + list + "'");
    }
    options.contexts.push_back(value);
    at = end + 1;
  }
  return options;
}

Result<std::vector<DecodeSpeed>> time_decoding(LmSession& session,
                                               const std::shared_ptr<const host::PatchSet>& set,
                                               const SpeedOptions& options) {
  std::vector<DecodeSpeed> speeds;
  for (const std::size_t context : options.contexts) {
    const auto ids = arbitrary_tokens(context, session.model->config().vocabulary);
    HOLO_ASSIGN(auto sequence, lm::Sequence::create(session.model, set));
    {
      lm::Forward forward(*session.model, *session.job);
      HOLO_TRY(forward.prefill(sequence, ids));
    }
    std::vector<double> seconds;
    for (int i = 0; i < options.repeat; ++i) {
      HOLO_ASSIGN(const double once, decode_seconds(session, sequence, options.decode));
      seconds.push_back(once);
      HOLO_TRY(sequence.trim(context));
    }
    speeds.push_back({context, static_cast<double>(options.decode) / median(seconds)});
  }
  return speeds;
}

Result<PrefillSpeed> time_prefill(LmSession& session, const SpeedOptions& options, bool libtorch) {
  PrefillSpeed speed;
  const auto longest = static_cast<std::size_t>(session.model->config().max_positions);
  speed.tokens = std::min(kPrefillTokens, longest);
  const auto ids = arbitrary_tokens(speed.tokens, session.model->config().vocabulary);
  lm::Forward forward(*session.model, *session.job);
  std::vector<double> seconds;
  for (int i = 0; i < options.repeat; ++i) {
    HOLO_TRY(session.job->check_cancelled());
    HOLO_ASSIGN(auto sequence, lm::Sequence::create(session.model, nullptr));
    const auto start = Clock::now();
    HOLO_TRY(forward.prefill(sequence, ids));
    seconds.push_back(seconds_since(start));
  }
  speed.tokens_per_second = static_cast<double>(speed.tokens) / median(seconds);
  if (!libtorch) return speed;
  HOLO_ASSIGN(const double torch, libtorch_prefill_seconds(session, ids, options.repeat));
  speed.libtorch_tokens_per_second = static_cast<double>(speed.tokens) / torch;
  return speed;
}

}  // namespace holo::cli
