// What every verb needs: registry and job from the common options, talk on stderr, data on stdout.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "apps/holohost/verb.hpp"
#include "core/base/params.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::cli {

// Opens the registry as the common options say.
Result<std::unique_ptr<host::Registry>> open_registry(const Arguments& arguments,
                                                      bool rescan = false);

// A job with progress on stderr: a redrawn line on a terminal, plain lines otherwise, nothing
// with --quiet. `threads` above 0 counts instead of --jobs.
Result<std::unique_ptr<host::Job>> open_job(const Arguments& arguments, int threads = 0);
// Ends the progress line, if one is open.
void end_progress();

// -p key=value, in order.
Result<std::vector<host::KeyValue>> given_params(const Arguments& arguments);

// Prints "holohost VERB: message" and returns the exit code that belongs to the error.
int report_error(const Arguments& arguments, const Error& error);
void warn(std::string_view message);
// A line of talk on stderr, left out with --quiet.
void say(const Arguments& arguments, std::string_view line);

// The text of one object, with "schema": 1 in front.
std::string json_text(const nlohmann::ordered_json& object);
// The same on stdout.
int print_json(nlohmann::ordered_json object);
nlohmann::ordered_json params_json(const ParamValues& params);

std::string human_bytes(std::uint64_t bytes);   // "1.4 MB"
std::string human_seconds(double seconds);      // "3.2 s", "2:05"
std::string fixed(double value, int decimals);  // locale-independent
bool wants_json(const Arguments& arguments);

}  // namespace holo::cli
