// Language models through the command line: a small model with random weights.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.hpp"
#include "tests/cli/tiny_model.hpp"

using namespace holo::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Models : Workspace {
  Models() {
    const std::string text = tiny_text();
    write_file(path("text.txt"), {text.begin(), text.end()});
    write_tiny_model(path("tiny"), text);
  }
  [[nodiscard]] Outcome lm(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), "lm");
    return holohost(words, input);
  }
  [[nodiscard]] json ok(std::vector<std::string> words) const {
    words.emplace_back("--json");
    const Outcome outcome = lm(std::move(words));
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return json::parse(outcome.out);
  }
  [[nodiscard]] json generate(const std::string& kv) const {
    return ok({"generate", "--model", "tiny", "--prompt", "The cat sees", "--greedy", "-n", "20",
               "--kv", kv});
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("lm info says what a folder holds") {
  const Models work;
  const json info = work.ok({"info", "tiny"});
  CHECK(info["schema"] == 1);
  CHECK(info["architecture"] == "gpt2");
  CHECK(info["layers"] == 2);
  CHECK(info["kv_bytes_per_token_f16"] == 2 * 2 * 64 * 2);
}

TEST_CASE("generation is the same each time, and the same with strategies that lose nothing") {
  const Models work;
  const json plain = work.generate("none");
  CHECK(plain["ids"].size() == 20);
  CHECK(plain["prompt_ids"].size() >= 3);
  CHECK(contains(plain["text"], "The cat sees"));
  CHECK(plain["ids"] == work.generate("none")["ids"]);
  for (const char* kv : {"kv-full:precision=f32", "kv-recompute:keep=ids",
                         "kv-recompute:keep=residual", "k=kv-full:precision=f32;layers=1"}) {
    CHECK(plain["ids"] == work.generate(kv)["ids"]);
  }
  const json sampled = work.ok({"generate", "--model", "tiny", "--prompt", "Nobody", "--seed", "3",
                                "--temperature", "1", "-n", "10"});
  CHECK(sampled["ids"] == work.ok({"generate", "--model", "tiny", "--prompt", "Nobody", "--seed",
                                   "3", "--temperature", "1", "-n", "10"})["ids"]);
}

TEST_CASE("perplexity does not depend on steps and batches") {
  const Models work;
  const auto eval = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"eval",         "--model", "tiny",     "--text", "text.txt",
                                      "--characters", "2000",    "--window", "64"};
    words.insert(words.end(), more.begin(), more.end());
    return work.ok(words);
  };
  const json whole = eval({});
  CHECK(whole["tokens"] > 100);
  CHECK(whole["perplexity"].get<double>() > 1);
  const double perplexity = whole["perplexity"];
  CHECK(eval({"--chunk", "1", "--batch", "3"})["perplexity"].get<double>() ==
        Approx(perplexity).epsilon(1e-5));
  const json full = eval({"--kv", "kv-full:precision=f32"});
  CHECK(full["kl_to_full"].get<double>() == Approx(0).margin(1e-9));
  CHECK(full["top1_agreement"] == 1.0);
  CHECK(full["kv"]["compression_vs_f16"].get<double>() == Approx(0.5));
  const json eight = eval({"--kv", "kv-quant:bits=8,sinks=0"});
  const json two = eval({"--kv", "kv-quant:bits=2,sinks=0"});
  CHECK(eight["kl_to_full"].get<double>() < two["kl_to_full"].get<double>());
  CHECK(eight["kv"]["bytes_per_token"].get<double>() > two["kv"]["bytes_per_token"].get<double>());
}

TEST_CASE("a built folder carries its bases, and its cache can be kept and loaded") {
  const Models work;
  const std::string kv = "kv-eigen:scope=site,basis=pca,predict=none,k=48,bits=8,sinks=1,recent=4";
  const json built = work.ok({"build", "--model", "tiny", "--kv", kv, "--calibrate", "text.txt",
                              "--loss", "none", "-o", "built"});
  CHECK(built["strategies"].size() == 1);
  const json generated =
      work.ok({"generate", "--model", "built", "--prompt", "The cat sees", "--greedy", "-n", "8"});
  CHECK(contains(generated["kv"]["spec"], "kv-eigen"));
  // An existing folder is not written over.
  CHECK(work.lm({"build", "--model", "tiny", "--kv", kv, "--calibrate", "text.txt", "--loss",
                 "none", "-o", "built"})
            .exit_code == 1);

  write_file(work.path("short.txt"), {'O', 'n', 'e', ' ', 'b', 'i', 'r', 'd', ' ', 'l', 'i'});
  const json saved =
      work.ok({"save-cache", "--model", "built", "--text", "short.txt", "-o", "cache.holo"});
  CHECK(saved["tokens"].get<int>() > 2);
  const json again =
      work.ok({"load-cache", "--model", "built", "--cache", "cache.holo", "--greedy", "-n", "6"});
  CHECK(again["ids"].size() == 6);
  // Another model refuses it; a cut file is an error.
  write_tiny_model(work.path("other"), tiny_text().substr(0, 3000));
  CHECK(work.lm({"load-cache", "--model", "other", "--cache", "cache.holo"}).exit_code != 0);
  auto bytes = read_file(work.path("cache.holo"));
  bytes.resize(bytes.size() / 2);
  write_file(work.path("cut.holo"), bytes);
  const Outcome cut = work.lm({"load-cache", "--model", "built", "--cache", "cut.holo"});
  CHECK(cut.exit_code == 1);
  CHECK_FALSE(cut.err.empty());
}

TEST_CASE("a chat swaps strategies and goes on") {
  const Models work;
  const Outcome chat = work.lm({"chat", "tiny", "--greedy", "-n", "6"},
                               "The cat\n:kv\n:kv kv-quant:bits=4\nA small dog\n:kv "
                               "kv-window:sinks=1,recent=8\n:kv none\nNobody\n:stats\n:nonsense\n"
                               ":kv kv-eigen\n:quit\n");
  INFO(chat.err);
  CHECK(chat.exit_code == 0);
  CHECK(contains(chat.err, "kv-quant:bits=4: "));
  CHECK(contains(chat.err, "bytes a token"));
  CHECK(contains(chat.err, "tokens/s"));
  CHECK(contains(chat.err, "unknown command ':nonsense'"));
  CHECK(contains(chat.err, "--calibrate"));  // kv-eigen has no basis here
  CHECK(std::count(chat.out.begin(), chat.out.end(), '\n') >= 3);
}

TEST_CASE("swaps that lose nothing, and keeping and loading, do not change a conversation") {
  const Models work;
  const auto talk = [&](const std::string& between) {
    const Outcome chat =
        work.lm({"chat", "tiny", "--temperature", "1", "--top-p", "1", "--seed", "5", "-n", "7"},
                "The cat\n" + between + "A small dog\n" + between + "Nobody\n");
    INFO(chat.err);
    CHECK(chat.exit_code == 0);
    return chat.out;
  };
  const std::string plain = talk("");
  CHECK(std::count(plain.begin(), plain.end(), '\n') >= 3);
  CHECK(talk(":kv kv-full:precision=f32\n:kv none\n") == plain);
  CHECK(talk(":kv kv-recompute:keep=ids\n") == plain);
  CHECK(talk(":kv kv-recompute:keep=residual\n:kv none\n") == plain);
  const Outcome kept = work.lm(
      {"chat", "tiny", "--temperature", "1", "--top-p", "1", "--seed", "5", "-n", "7"},
      "The cat\n:kv kv-recompute:keep=ids\n:kv none\n:save a.holo\n:load a.holo\nA small dog\n");
  INFO(kept.err);
  CHECK(plain.starts_with(kept.out.substr(0, kept.out.size() - 1)));
}

TEST_CASE("lm bench writes table, rows and frontier") {
  const Models work;
  const json bench = work.ok({"bench", "--model", "tiny", "--text", "text.txt", "--characters",
                              "1500", "--kv", "none kv-quant:bits=4..8/4", "--contexts", "8,16",
                              "--decode", "2", "--repeat", "1", "-o", "report"});
  REQUIRE(bench["rows"].size() == 3);
  CHECK(bench["rows"][0]["perplexity_change_percent"] == 0.0);
  CHECK(bench["rows"][2]["kv"]["spec"] == "kv-quant:bits=8");
  CHECK(bench["rows"][2]["decode"].size() == 2);
  for (const char* name : {"table.txt", "rows.json", "frontier.svg"}) {
    CHECK(fs::file_size(work.path(std::string("report/") + name)) > 100);
  }
}

TEST_CASE("lm spectrum reports every site") {
  const Models work;
  const json rows = work.ok({"spectrum", "--model", "tiny", "--text", "text.txt"})["rows"];
  REQUIRE(rows.size() == 3 + 2 + 2);
  for (const json& row : rows) {
    CHECK(row["df"].get<double>() >= 1);
    CHECK(row["df"].get<double>() <= 64);
    CHECK(row["held_out_error"][0]["error"].get<double>() <= 1.5);
    CHECK(row["explained_variance"].back().get<double>() == Approx(1));
  }
}

TEST_CASE("a model is trained, runs, and gets learned projectors") {
  const Models work;
  const std::vector<std::string> train = {
      "train",    "--text",  "text.txt", "-o",      "made",      "--layers", "1",
      "--hidden", "32",      "--heads",  "2",       "--context", "32",       "--vocabulary",
      "300",      "--steps", "30",       "--batch", "4",         "--json"};
  const Outcome trained = work.lm(train);
  INFO(trained.err);
  if (trained.exit_code == 1 && contains(trained.err, "libholohost-torch")) {
    WARN("skipped: this build has no LibTorch");
    return;
  }
  REQUIRE(trained.exit_code == 0);
  const json report = json::parse(trained.out);
  // Below a uniform guess over the vocabulary.
  CHECK(report["validation_loss"].get<double>() < std::log(report["vocabulary"].get<double>()));
  CHECK_FALSE(fs::exists(work.path("made.checkpoint")));
  CHECK(work.ok({"generate", "--model", "made", "--prompt", "The", "-n", "5"})["ids"].size() <= 5);
  CHECK(work.lm(train).exit_code == 1);  // the folder is there

  const Outcome tuned = work.holohost(
      {"train", "kv-eigen:scope=site,predict=none,k=8,bits=4,sinks=1,recent=0", "--model", "made",
       "--text", "text.txt", "-o", "tuned", "--steps", "2", "--window", "16", "--json"});
  INFO(tuned.err);
  REQUIRE(tuned.exit_code == 0);
  const json projectors = json::parse(tuned.out);
  CHECK(projectors["kl_after"].get<double>() <= projectors["kl_before"].get<double>());
  CHECK(projectors["reconstruction_error"].size() == 2);
  CHECK(work.ok({"eval", "--model", "tuned", "--text", "text.txt", "--characters", "800"})
            .contains("kl_to_full"));
}

TEST_CASE("bad input to lm is told apart from misuse, and named") {
  const Models work;
  struct Row {
    std::vector<std::string> words;
    int exit_code;
    const char* says;
  };
  write_file(work.path("latin.txt"), {'c', 'a', 'f', 0xE9, ' ', 'n', 'o'});
  fs::copy(work.path("tiny"), work.path("cut"), fs::copy_options::recursive);
  fs::resize_file(work.path("cut/model.safetensors"), 5000);
  fs::copy(work.path("tiny"), work.path("alien"), fs::copy_options::recursive);
  const std::string alien = R"({"model_type": "mamba", "architectures": ["MambaForCausalLM"]})";
  write_file(work.path("alien/config.json"), {alien.begin(), alien.end()});
  fs::create_directory(work.path("empty"));
  std::string long_prompt;
  for (int i = 0; i < 400; ++i) long_prompt += "stones ";
  const Row rows[] = {
      {{}, 2, "expected one of generate"},
      {{"nonsense"}, 2, "nonsense"},
      {{"generate", "--prompt", "x"}, 2, "--model"},
      {{"generate", "--model", "tiny"}, 2, "--prompt"},
      {{"generate", "--model", "empty", "--prompt", "x"}, 1, "config.json"},
      {{"generate", "--model", "cut", "--prompt", "x"}, 1, "model.safetensors"},
      {{"generate", "--model", "alien", "--prompt", "x"}, 1, "mamba"},
      {{"generate", "--model", "tiny", "--prompt", long_prompt}, 2, "context"},
      {{"generate", "--model", "tiny", "--prompt", "x", "--top-p", "2"}, 2, "--top-p"},
      {{"generate", "--model", "tiny", "--prompt", "x", "--kv", "kv-nothing"}, 1, "kv-nothing"},
      {{"generate", "--model", "tiny", "--prompt", "x", "--kv", "kv-quant:bits=5"}, 2, "bits"},
      {{"generate", "--model", "tiny", "--prompt", "x", "--kv", "kv-full;layers=2"}, 2, "layer"},
      {{"generate", "--model", "tiny", "--prompt", "x", "--kv", "kv-eigen"}, 2, "--calibrate"},
      {{"eval", "--model", "tiny", "--text", "latin.txt"}, 2, "UTF-8"},
      {{"eval", "--model", "tiny", "--text", "missing.txt"}, 1, "missing.txt"},
      {{"eval", "--model", "tiny", "--text", "text.txt", "--window", "65"}, 2, "--window"},
      {{"build", "--model", "tiny", "--kv", "kv-eigen:k=8", "--calibrate", "latin.txt", "-o", "b"},
       2,
       "UTF-8"},
      {{"load-cache", "--model", "tiny", "--cache", "text.txt"}, 1, "text.txt"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = work.lm(row.words);
    INFO((row.words.empty() ? "(none)" : row.words.front()) << ": " << outcome.err);
    CHECK(outcome.exit_code == row.exit_code);
    CHECK(contains(outcome.err, row.says));
    CHECK(outcome.out.empty());
  }
  CHECK_FALSE(fs::exists(work.path("b/holohost.json")));
}
