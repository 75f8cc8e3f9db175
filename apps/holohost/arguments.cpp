// Command lines to Arguments, through Boost.Program_options.
#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "apps/holohost/verb.hpp"
#include "core/host/param_table.hpp"

namespace holo::cli {

namespace {

namespace po = boost::program_options;

void add_options(po::options_description& description, std::span<const Option> options) {
  for (const Option& option : options) {
    std::string name = option.name;
    if (option.letter != 0) name += std::string(",") + option.letter;
    if (option.argument == nullptr) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
}

Error unknown_option(const Verb& verb, const std::string& word) {
  std::vector<std::string> names;
  for (const auto options : {verb.options, common_options()}) {
    for (const Option& option : options) names.push_back(std::string("--") + option.name);
  }
  const std::string near = host::nearest(word, names);
  return make_error(HOLO_INVALID_ARG, "unknown option '" + word + "'" +
                                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Error repeated(const char* name) {
  return make_error(HOLO_INVALID_ARG, std::string("--") + name + " is given more than once");
}

}  // namespace

Result<Arguments> Arguments::parse(const Verb& verb, const std::vector<std::string>& words) {
  po::options_description description;
  add_options(description, verb.options);
  add_options(description, common_options());
  description.add_options()("operand", po::value<std::vector<std::string>>(), "");
  po::positional_options_description positional;
  positional.add("operand", -1);

  Arguments arguments;
  arguments.verb_ = &verb;
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(words)
                            .options(description)
                            .positional(positional)
                            .style(style)
                            .run();
    for (const auto& option : parsed.options) {
      if (option.string_key == "operand") {
        arguments.operands_.insert(arguments.operands_.end(), option.value.begin(),
                                   option.value.end());
        continue;
      }
      auto& values = arguments.values_[option.string_key];
      values.insert(values.end(), option.value.begin(), option.value.end());
    }
  } catch (const po::unknown_option& failure) {
    return unknown_option(verb, failure.get_option_name());
  } catch (const po::error& failure) {
    return make_error(HOLO_INVALID_ARG, failure.what());
  }
  for (const auto options : {verb.options, common_options()}) {
    for (const Option& option : options) {
      const auto found = arguments.values_.find(option.name);
      if (!option.repeats && found != arguments.values_.end() && found->second.size() > 1) {
        return repeated(option.name);
      }
    }
  }
  return arguments;
}

bool Arguments::has(std::string_view name) const { return values_.find(name) != values_.end(); }

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::string(fallback);
  return found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Result<std::int64_t> Arguments::integer(std::string_view name, std::int64_t fallback,
                                        std::int64_t minimum, std::int64_t maximum) const {
  if (!has(name)) return fallback;
  const std::string word = text(name);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc() || end != word.data() + word.size() || value < minimum ||
      value > maximum) {
    return make_error(HOLO_INVALID_ARG, "--" + std::string(name) + " takes a whole number from " +
                                            std::to_string(minimum) + " to " +
                                            std::to_string(maximum) + ", found '" + word + "'");
  }
  return value;
}

Result<std::string> Arguments::one_operand(std::string_view what) const {
  if (operands_.size() == 1) return operands_.front();
  return make_error(HOLO_INVALID_ARG, operands_.empty()
                                          ? "expected " + std::string(what)
                                          : "expected " + std::string(what) + ", found " +
                                                std::to_string(operands_.size()) + " names: '" +
                                                operands_[0] + "', '" + operands_[1] + "'" +
                                                (operands_.size() > 2 ? " ..." : ""));
}

}  // namespace holo::cli
