// holohost lm chat
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/generation_report.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "core/lm/cache_file.hpp"
#include "core/lm/generate.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"template", 0, "TEXT", "what the model gets of a line; {} stands for it (default: {})"},
    {"stop", 0, "TEXT", "an answer ends where it contains this"},
};
constexpr auto kOptions = join_options(kModelOptions, kOwn, kSamplingOptions, kKvOptions);

constexpr const char* kHelp =
    "a line of text        goes to the model, which continues it\n"
    ":kv                   the cache: strategy, bytes a token, compression\n"
    ":kv SPEC              swap the strategy; the conversation goes on\n"
    ":stats                speed of the last answer and of all\n"
    ":save FILE            keep the conversation and its cache\n"
    ":load FILE            go on with one that was kept\n"
    ":reset                forget the conversation\n"
    ":quit                 end (so does end of input)\n";

class Chat {
 public:
  static Result<Chat> open(const Arguments& arguments) {
    HOLO_ASSIGN(const auto sampler, sampler_from(arguments));
    HOLO_ASSIGN(const auto most, arguments.integer("max-tokens", 256, 1, INT32_MAX));
    HOLO_ASSIGN(LmSession session, LmSession::open(arguments));
    HOLO_TRY(check_on_cpu(arguments, *session.job));
    HOLO_ASSIGN(const auto set, session.strategies(arguments, session.kv_or_default(arguments)));
    HOLO_ASSIGN(auto sequence, lm::Sequence::create(session.model, set));
    Chat chat(arguments, std::move(session), std::move(sequence));
    chat.options_.sampler = sampler;
    chat.options_.max_tokens = static_cast<std::size_t>(most);
    return chat;
  }

  // Until the end of input. Failures of a line are told and the chat goes on.
  Status run() {
    say(*arguments_, "':help' lists what a line may be; ':quit' ends.");
    std::string line;
    while (!quit_ && next_line(line)) {
      if (line.empty()) continue;
      const Status done = line.front() == ':' ? command(line) : answer(line);
      if (done.ok()) continue;
      if (done.error().code != HOLO_CANCELLED && !host::Job::cancelled()) {
        std::fprintf(stderr, "%s\n", done.error().message.c_str());
        continue;
      }
      std::fputs("\n(stopped)\n", stderr);
      host::Job::reset_cancelled();
    }
    return host::Job::cancelled() ? Status(make_error(HOLO_CANCELLED, "stopped")) : Status();
  }

 private:
  Chat(const Arguments& arguments, LmSession session, lm::Sequence sequence)
      : arguments_(&arguments),
        session_(std::move(session)),
        sequence_(std::move(sequence)),
        forward_(std::make_unique<lm::Forward>(*session_.model, *session_.job)) {}

  static bool next_line(std::string& line) {
    if (::isatty(STDIN_FILENO) != 0) std::fputs("> ", stderr);
    return static_cast<bool>(std::getline(std::cin, line));
  }

  Status answer(const std::string& line) {
    std::string text = arguments_->text("template", "{}");
    if (const auto hole = text.find("{}"); hole != std::string::npos) text.replace(hole, 2, line);
    std::vector<std::int32_t> ids;
    if (sequence_.tokens().empty()) {
      HOLO_ASSIGN(ids, session_.encode(text, "the line"));
    } else {
      HOLO_ASSIGN(ids, session_.tokenizer->encode(text));
      // The last token of the answer before was chosen but not yet read by the model.
      if (pending_) ids.insert(ids.begin(), *pending_);
    }
    const std::string stop = arguments_->text("stop");
    TextPrinter printer(*session_.tokenizer, true, true);
    lm::GenerateOptions options = options_;
    options.sampler.seed += turns_++;
    const std::size_t before = sequence_.tokens().size();
    std::optional<std::int32_t> newest;
    std::size_t chosen = 0;
    options.on_token = [&](std::int32_t id) {
      newest = id;
      ++chosen;
      printer.push(id);
      return stop.empty() || printer.text().find(stop) == std::string::npos;
    };
    auto generation = lm::generate(*forward_, sequence_, ids, options, *session_.job);
    printer.finish();
    // Finished or stopped: the last token that was chosen may not have been read by the model yet.
    const std::size_t grown = sequence_.tokens().size() - before;
    if (grown < ids.size()) {
      // The line itself was not read to its end: it is as if it had not been said.
      HOLO_TRY(sequence_.trim(before));
      return std::move(generation).error();
    }
    pending_.reset();
    if (chosen > grown - ids.size()) pending_ = newest;
    tokens_ += chosen;
    if (!generation) {
      if (chosen > 0) last_ = "stopped after " + std::to_string(chosen) + " tokens";
      return std::move(generation).error();
    }
    last_ = generation_line(*generation);
    timed_tokens_ += generation->ids.size();
    seconds_ += generation->decode_seconds;
    if (generation->stop == lm::StopReason::context) {
      std::fputs("the model's context is full: ':reset' begins anew\n", stderr);
    }
    return {};
  }

  Status command(const std::string& line) {
    const auto space = line.find(' ');
    const std::string word = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    for (const Command& row : kCommands) {
      if (word == row.word) return (this->*row.run)(rest);
    }
    return make_error(HOLO_INVALID_ARG, "unknown command '" + word + "'; ':help' lists them");
  }

  Status help(const std::string&) {
    std::fputs(kHelp, stderr);
    return {};
  }
  Status quit(const std::string&) {
    quit_ = true;
    return {};
  }
  Status reset(const std::string&) {
    pending_.reset();
    last_.clear();
    return sequence_.reset();
  }

  Status kv(const std::string& spec) {
    if (!spec.empty()) {
      const std::string before = session_.kv;
      auto set = session_.strategies(*arguments_, spec);
      auto swapped = set ? sequence_.adopt(*set) : Result<host::KvSequence::Swap>(set.error());
      if (!swapped) {
        session_.kv = before;
        return std::move(swapped).error();
      }
      if (*swapped == host::KvSequence::Swap::flushed) {
        std::fputs("the cache was dropped and is computed again with the next line\n", stderr);
      }
    }
    HOLO_ASSIGN(const holo_kv_bytes bytes, sequence_.bytes());
    const auto& config = session_.model->config();
    std::string text = session_.kv + ": " + std::to_string(bytes.positions) + " tokens";
    if (bytes.positions > 0 && bytes.payload > 0) {
      const double each = static_cast<double>(bytes.payload) / static_cast<double>(bytes.positions);
      text += ", " + fixed(each, 1) + " bytes a token, " +
              fixed(4.0 * config.layers * config.kv_width() / each, 2) + "x against f16";
    }
    if (bytes.fixed > 0) text += ", bases " + human_bytes(bytes.fixed);
    std::fprintf(stderr, "%s\n", text.c_str());
    return {};
  }

  Status stats(const std::string&) {
    if (last_.empty()) return make_error(HOLO_INVALID_ARG, "nothing was generated yet");
    std::fprintf(
        stderr, "last: %s\nall:  %zu tokens, %s tokens/s\n", last_.c_str(), tokens_,
        fixed(seconds_ > 0 ? static_cast<double>(timed_tokens_) / seconds_ : 0, 1).c_str());
    return {};
  }

  // Computes the rows that are still to come: of the last token of an answer, or all after a swap
  // that flushed. A full context has no room for the last token, which is left out then.
  Status settle() {
    std::optional<std::int32_t> next = pending_;
    const auto context = static_cast<std::size_t>(session_.model->config().max_positions);
    if (next && sequence_.tokens().size() >= context) next.reset();
    if (!next && sequence_.positions() < sequence_.tokens().size()) {
      next = sequence_.tokens().back();
      HOLO_TRY(sequence_.trim(sequence_.tokens().size() - 1));
    }
    if (!next) return {};
    const lm::Run run{&sequence_, {&*next, 1}};
    HOLO_TRY(forward_->step({&run, 1}, lm::LogitRows::none));
    pending_.reset();
    return {};
  }

  Status save(const std::string& path) {
    if (path.empty()) return make_error(HOLO_INVALID_ARG, "expected :save FILE");
    HOLO_TRY(settle());
    return lm::save_cache(sequence_, session_.kv, path, false);
  }
  Status load(const std::string& path) {
    if (path.empty()) return make_error(HOLO_INVALID_ARG, "expected :load FILE");
    HOLO_ASSIGN(const std::string spec, lm::cache_strategies(path));
    const std::string before = session_.kv;
    auto set = session_.strategies(*arguments_, spec);
    auto loaded =
        set ? lm::load_cache(session_.model, *set, path) : Result<lm::Sequence>(set.error());
    if (!loaded) {
      session_.kv = before;
      return std::move(loaded).error();
    }
    sequence_ = std::move(*loaded);
    pending_.reset();
    last_.clear();
    return {};
  }

  struct Command {
    const char* word;
    Status (Chat::*run)(const std::string&);
  };
  static constexpr std::size_t kCommandCount = 8;
  static const Command kCommands[kCommandCount];

  const Arguments* arguments_;
  LmSession session_;
  lm::Sequence sequence_;
  std::unique_ptr<lm::Forward> forward_;
  lm::GenerateOptions options_;
  std::optional<std::int32_t> pending_;
  std::string last_;
  std::size_t tokens_ = 0;
  std::size_t timed_tokens_ = 0;  // of answers that were not stopped
  double seconds_ = 0;
  std::uint64_t turns_ = 0;
  bool quit_ = false;
};

const Chat::Command Chat::kCommands[kCommandCount] = {
    {":help", &Chat::help}, {":kv", &Chat::kv},     {":stats", &Chat::stats},
    {":save", &Chat::save}, {":load", &Chat::load}, {":reset", &Chat::reset},
    {":quit", &Chat::quit}, {":q", &Chat::quit}};

int run(const Arguments& arguments) {
  auto chat = Chat::open(arguments);
  if (!chat) return report_error(arguments, chat.error());
  const Status done = chat->run();
  return done.ok() ? kExitOk : report_streamed(arguments, done.error());
}

}  // namespace

Verb lm_chat_action() {
  return {"lm chat",
          "DIR [--kv SPEC] [--template TEXT]",
          "Talk with a model, and swap its cache strategy while it runs",
          "Lines from standard input go to the model; it answers on standard output. Lines that "
          "begin with a\ncolon are commands, ':help' lists them. Ctrl-C stops an answer, not the "
          "chat.",
          "  holohost lm chat gpt2-eigen\n"
          "  holohost lm chat gpt2 --template $'Q: {}\\nA:' --stop $'\\n'\n",
          kOptions,
          Complete::directory,
          run};
}

}  // namespace holo::cli
