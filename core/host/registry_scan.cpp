// Which plugin files there are, and what each offers, by the cache or by a probe.
#include "core/host/registry_scan.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/host/checks.hpp"
#include "core/host/elf_note.hpp"
#include "core/host/probe.hpp"
#include "core/host/registry_cache.hpp"
#include "core/host/search_path.hpp"

namespace holo::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostProbesAtOnce = 4;

struct Candidate {
  fs::path path;
  std::string origin;
  std::optional<FileStamp> stamp;
};

// Every candidate once, in order; a directory that is listed twice counts where it is first.
std::vector<Candidate> list_candidates(const RegistryOptions& options) {
  std::vector<Candidate> result;
  std::set<fs::path> seen;
  for (const SearchDirectory& directory : search_path(options)) {
    if (!directory.exists) continue;
    for (const fs::path& path : plugin_candidates(directory.path)) {
      std::error_code failure;
      const fs::path real = fs::canonical(path, failure);
      if (seen.insert(failure ? path : real).second) {
        result.push_back({path, directory.origin, stamp_of(path)});
      }
    }
  }
  return result;
}

// Fills the records of `unknown` and remembers in `cache` what was learnt of the plugins.
void probe_all(const RegistryOptions& options, const std::vector<Candidate>& candidates,
               const std::vector<std::size_t>& unknown, std::vector<PluginRecord>& records,
               RegistryCache& cache) {
  const fs::path executable =
      options.probe_executable.empty() ? executable_path() : options.probe_executable;
  std::atomic<std::size_t> next{0};
  std::mutex cache_mutex;
  const auto work = [&] {
    for (std::size_t i = next++; i < unknown.size(); i = next++) {
      const Candidate& candidate = candidates[unknown[i]];
      PluginRecord& record = records[unknown[i]];
      auto probed = probe_plugin(candidate.path, executable, options.probe_timeout_ms);
      if (!probed.ok()) {
        record.path = candidate.path;
        record.state = PluginState::failed;
        record.reason = "could not be examined: " + probed.error().message;
        continue;
      }
      record = std::move(probed).value();
      const std::lock_guard lock(cache_mutex);
      if (candidate.stamp) cache.put(*candidate.stamp, record);
    }
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min(unknown.size(), kMostProbesAtOnce); ++i) {
    helpers.emplace_back(work);
  }
  work();
  for (std::thread& helper : helpers) helper.join();
}

// Disabled ids take away components; a plugin without any is disabled itself.
void apply_disabled(PluginRecord& record, const std::vector<std::string>& disabled) {
  const auto named = [&disabled](const std::string& name) {
    return std::find(disabled.begin(), disabled.end(), name) != disabled.end();
  };
  const bool whole = named(record.id);
  std::erase_if(record.components, [&](const ComponentInfo& component) {
    return whole || named(component.id) || named(component.alias);
  });
  if (record.components.empty()) {
    record.state = PluginState::disabled;
    record.reason = "disabled by HOLOHOST_DISABLE";
  }
}

// The first file with an id wins; later ones say which file is before them.
class Claims {
 public:
  void apply(PluginRecord& record) {
    std::vector<std::string> claims = {"plugin id " + record.id};
    for (const ComponentInfo& component : record.components) {
      claims.push_back(std::string(kind_name(component.kind)) + " id " + component.id);
    }
    for (const std::string& claim : claims) {
      const auto owner = owners_.find(claim);
      if (owner == owners_.end()) continue;
      record.state = PluginState::shadowed;
      record.reason = claim + " is already provided by " + owner->second.string() +
                      ", which comes first on the search path; " + record.path.string() +
                      " is not used";
      return;
    }
    for (const std::string& claim : claims) owners_.emplace(claim, record.path);
  }

 private:
  std::map<std::string, fs::path> owners_;
};

}  // namespace

std::vector<PluginRecord> scan_plugins(const RegistryOptions& options) {
  const std::vector<Candidate> candidates = list_candidates(options);
  RegistryCache cache(cache_file());
  std::vector<PluginRecord> records(candidates.size());
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    // Asked anew each time: a change of mode does not change the stamp.
    const Status allowed = check_plugin_file(candidate.path);
    const PluginRecord* known =
        options.rescan || !candidate.stamp ? nullptr : cache.find(candidate.path, *candidate.stamp);
    if (!allowed.ok()) {
      records[i].path = candidate.path;
      records[i].state = PluginState::rejected;
      records[i].reason = allowed.error().message;
    } else if (known != nullptr) {
      records[i] = *known;
    } else {
      unknown.push_back(i);
    }
  }
  if (!unknown.empty()) {
    probe_all(options, candidates, unknown, records, cache);
    cache.save();
  }
  const std::vector<std::string> disabled = disabled_ids();
  Claims claims;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].origin = candidates[i].origin;
    if (records[i].state == PluginState::ok) apply_disabled(records[i], disabled);
    if (records[i].state == PluginState::ok) claims.apply(records[i]);
  }
  return records;
}

}  // namespace holo::host
