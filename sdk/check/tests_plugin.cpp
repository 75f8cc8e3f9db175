// Tests of the file and of what its factories say: note, symbols, ids, descriptors, tables.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <set>
#include <string>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

bool filled(const char* text) { return text != nullptr && text[0] != '\0'; }

bool matches(const char* text, const char* extra, std::size_t longest) {
  if (!filled(text) || std::strlen(text) > longest) return false;
  for (const char* c = text; *c != '\0'; ++c) {
    const auto u = static_cast<unsigned char>(*c);
    if (std::islower(u) == 0 && std::isdigit(u) == 0 && std::strchr(extra, *c) == nullptr) {
      return false;
    }
  }
  return true;
}

bool is_version(const char* text) {
  if (!filled(text)) return false;
  int dots = 0;
  for (const char* c = text; *c != '\0'; ++c) {
    if (*c == '.') ++dots;
    if (std::isalnum(static_cast<unsigned char>(*c)) == 0 && std::strchr(".-+", *c) == nullptr) {
      return false;
    }
  }
  return dots >= 1 && std::isdigit(static_cast<unsigned char>(text[0])) != 0;
}

void note_matches_entry(Context& c) {
  const ElfFacts facts = read_elf(c.plugin().path());
  c.require(facts.note.has_value(), "no note " HOLO_NOTE_SECTION " of owner " HOLO_NOTE_OWNER
                                    "; write HOLO_PLUGIN_NOTE() once");
  const holo_plugin_entry& entry = c.plugin().entry();
  c.require(facts.note->abi_major == entry.abi_major && facts.note->abi_minor == entry.abi_minor &&
                facts.note->min_host_minor == entry.min_host_minor,
            "the note and the entry name different ABI versions");
  c.require(facts.note->desc_size >= sizeof(holo_note) - offsetof(holo_note, abi_major),
            "the note is shorter than version 1.0");
  c.require(std::memchr(facts.note->torch_version, 0, sizeof facts.note->torch_version) != nullptr,
            "the LibTorch version in the note has no end");
}

void exports_one_symbol(Context& c) {
  const ElfFacts facts = read_elf(c.plugin().path());
  for (const std::string& name : facts.exported) {
    c.require(name == HOLO_ENTRY_SYMBOL || name.rfind("__asan", 0) == 0 ||
                  name.rfind("__odr_asan", 0) == 0 || name.rfind("__start_", 0) == 0 ||
                  name.rfind("__stop_", 0) == 0,
              "exports '" + name +
                  "' besides " HOLO_ENTRY_SYMBOL
                  "; link with the version script that holo_add_plugin uses");
  }
  c.require(std::count(facts.exported.begin(), facts.exported.end(), HOLO_ENTRY_SYMBOL) == 1,
            "does not export " HOLO_ENTRY_SYMBOL);
  for (const std::string& name : facts.undefined) {
    c.require(name.rfind("holo_", 0) != 0 && name.find("N4holo") == std::string::npos,
              "needs '" + name + "' from the host; the host gives services as tables only");
  }
}

void entry_is_sane(Context& c) {
  const holo_plugin_entry& entry = c.plugin().entry();
  c.require(entry.abi_minor >= entry.min_host_minor, "min_host_minor is larger than abi_minor");
  c.require(HOLO_HAS(entry.info, holo_plugin_info, url), "the plugin info is missing or too short");
  c.require(matches(entry.info->id, ".-_", 128) && std::strchr(entry.info->id, '.') != nullptr,
            "the plugin id is not in reverse DNS form, such as org.example.rle");
  c.require(is_version(entry.info->version), "the plugin version is not like 1.2.0");
  c.require(filled(entry.info->vendor), "the vendor is missing");
  c.require(filled(entry.info->license), "the licence is missing");
  c.require(entry.get_factory != nullptr, "get_factory is NULL");
  c.require(c.plugin().components().size() > 1, "the plugin offers no component");
}

void ids_match_exactly(Context& c) {
  const holo_plugin_entry& entry = c.plugin().entry();
  for (const char* id : {"", "org.holohost", "org.holohost.unknown/1", "org.holohost.codec/2",
                         "ORG.HOLOHOST.CODEC/1"}) {
    c.require(entry.get_factory(id) == nullptr,
              std::string("get_factory(\"") + id + "\") is not NULL");
  }
  for (const std::string id :
       {HOLO_CODEC_ID, HOLO_ANALYZER_ID, HOLO_MODEL_PATCH_ID, HOLO_TRAINER_ID}) {
    for (const std::string& wrong : {id + "x", id + " ", id + "0", id.substr(0, id.size() - 1)}) {
      c.require(entry.get_factory(wrong.c_str()) == nullptr,
                "get_factory(\"" + wrong + "\") is not NULL; ids match to the last character");
    }
    c.require(entry.get_factory(id.c_str()) == entry.get_factory(id.c_str()),
              "get_factory(\"" + id + "\") gives another table each time");
  }
}

void initialise_repeats(Context& c) {
  const holo_plugin_entry& entry = c.plugin().entry();
  if (entry.initialise == nullptr) c.skip("initialise is NULL, as it may be");
  TestHost host;
  for (int i = 0; i < 3; ++i) {
    c.stage("call " + std::to_string(i + 1) + " of initialise");
    holo_error error = fresh_error();
    const holo_status status = entry.initialise(host.table(), &error);
    check_record(c, status, error, "initialise");
    c.require(status == HOLO_OK, std::string("initialise failed: ") + error.message);
  }
}

void check_param(Context& c, const holo_param* p, std::set<std::string>& keys) {
  c.require(HOLO_HAS(p, holo_param, flags), "a parameter is missing or its struct is too short");
  c.require(matches(p->key, "_-", 63) && std::isalpha(static_cast<unsigned char>(p->key[0])) != 0,
            std::string("the key '") + (p->key != nullptr ? p->key : "") +
                "' is not [a-z][a-z0-9_-]* of at most 63 characters");
  const std::string key = p->key;
  c.require(keys.insert(key).second, "the key " + key + " is there twice");
  c.require(filled(p->summary) && std::strlen(p->summary) <= 60,
            "the summary of " + key + " is missing or longer than 60 characters");
  c.require(p->summary[std::strlen(p->summary) - 1] != '.',
            "the summary of " + key + " ends with a full stop");
  c.require(p->unit == nullptr || p->unit[0] != '\0', "the unit of " + key + " is \"\", not NULL");
  c.require((p->flags & ~15u) == 0, key + " has unknown flags");
  const bool number = p->type == HOLO_PARAM_INT || p->type == HOLO_PARAM_FLOAT;
  if ((p->flags & HOLO_PARAM_RATE) != 0) {
    c.require(number && (p->flags & HOLO_PARAM_DECODE) == 0,
              key + " is flagged HOLO_PARAM_RATE, which is for ints and floats of an encoder");
  }
  if (number && HOLO_HAS(p, holo_param, step)) {
    c.require(p->step >= 0 && p->step <= p->maximum - p->minimum,
              "the step of " + key + " is not within its range");
  }
  switch (p->type) {
    case HOLO_PARAM_BOOL:
      c.require(p->default_number == 0 || p->default_number == 1,
                "the default of " + key + " is not 0 or 1");
      break;
    case HOLO_PARAM_INT:
      c.require(p->default_number == std::floor(p->default_number) &&
                    std::fabs(p->minimum) <= 9e15 && std::fabs(p->maximum) <= 9e15,
                key + " is an integer whose default is not whole or whose range passes 9e15");
      [[fallthrough]];
    case HOLO_PARAM_FLOAT:
      c.require(std::isfinite(p->minimum) && std::isfinite(p->maximum) && p->minimum <= p->maximum,
                "the range of " + key + " is not finite or is empty");
      c.require(p->default_number >= p->minimum && p->default_number <= p->maximum,
                "the default of " + key + " is out of its range");
      break;
    case HOLO_PARAM_CHOICE: {
      c.require(p->choice_count > 0 && p->choices != nullptr, key + " is a choice without choices");
      std::set<std::string> names;
      bool found = false;
      for (std::uint32_t i = 0; i < p->choice_count; ++i) {
        const holo_choice* choice = p->choices[i];
        c.require(HOLO_HAS(choice, holo_choice, help) && filled(choice->name),
                  "a choice of " + key + " has no name");
        c.require(names.insert(choice->name).second,
                  "the choice " + std::string(choice->name) + " of " + key + " is there twice");
        found = found ||
                (p->default_text != nullptr && std::strcmp(choice->name, p->default_text) == 0);
      }
      c.require(found, "the default of " + key + " is none of its choices");
      break;
    }
    case HOLO_PARAM_TEXT:
      c.require(p->default_text != nullptr, "the default of " + key + " is NULL, expected a text");
      break;
    default:
      c.fail(key + " has unknown type " + std::to_string(p->type));
  }
}

void check_table(Context& c, const holo_param_table* table) {
  if (table == nullptr) return;
  c.require(HOLO_HAS(table, holo_param_table, params), "the parameter table is too short");
  c.require(table->count == 0 || table->params != nullptr, "the parameter table has no rows");
  std::set<std::string> keys;
  std::uint32_t rates = 0;
  for (std::uint32_t i = 0; i < table->count; ++i) {
    check_param(c, table->params[i], keys);
    if ((table->params[i]->flags & HOLO_PARAM_RATE) != 0) ++rates;
  }
  c.require(rates <= 1, "more than one parameter is flagged HOLO_PARAM_RATE");
}

template <class Descriptor>
void check_descriptor(Context& c, const Descriptor* d) {
  c.require(matches(d->id, ".-_", 128) && std::strchr(d->id, '.') != nullptr,
            "the id is not in reverse DNS form, such as org.example.rle");
  c.require(matches(d->alias, "-", 32), "the alias is not [a-z0-9-]{1,32}");
  c.require(is_version(d->version), "the version is not like 1.2.0");
  c.require(filled(d->summary) && std::strlen(d->summary) <= 80,
            "the summary is missing or longer than 80 characters");
  check_table(c, d->params);
}

template <class Factory>
auto described(Context& c, const Factory* factory) {
  c.require(HOLO_HAS(factory, Factory, descriptor), "the factory is too short");
  const auto* d = factory->descriptor(c.component().index);
  c.require(d != nullptr, "descriptor(" + std::to_string(c.component().index) + ") is NULL");
  c.require(d == factory->descriptor(c.component().index), "the descriptor is not static");
  c.require(factory->descriptor(factory->count) == nullptr, "descriptor past count is not NULL");
  c.require(factory->descriptor(UINT32_MAX) == nullptr, "descriptor past count is not NULL");
  return d;
}

void codec_descriptor(Context& c) {
  const auto* d = described(c, c.plugin().codecs());
  c.require(HOLO_HAS(d, holo_codec_descriptor, priority), "the descriptor is too short");
  check_descriptor(c, d);
  c.require((d->capabilities & (HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES)) != 0,
            "the codec neither encodes nor decodes");
  c.require((d->capabilities & ~63u) == 0, "unknown capabilities");
  const holo_format* f = d->format;
  c.require(HOLO_HAS(f, holo_format, oldest_version), "the format is missing or too short");
  c.require(matches(f->format_id, "-", 32), "the format id is not [a-z0-9-]{1,32}");
  c.require(filled(f->extension) && f->extension[0] == '.',
            "the extension does not begin with a dot");
  c.require(f->oldest_version <= f->bitstream_version,
            "the oldest version is newer than the newest");
  c.require(f->kinds != 0 && (f->kinds & ~0x1Eu) == 0,
            "the format stores no or unknown kinds of media");
}

void analyzer_descriptor(Context& c) {
  const auto* d = described(c, c.plugin().analyzers());
  c.require(HOLO_HAS(d, holo_analyzer_descriptor, params), "the descriptor is too short");
  check_descriptor(c, d);
  c.require(d->kinds != 0 && (d->kinds & ~0x1Eu) == 0, "it takes no or unknown kinds of media");
}

void patch_descriptor(Context& c) {
  const auto* d = described(c, c.plugin().patches());
  c.require(HOLO_HAS(d, holo_patch_descriptor, params), "the descriptor is too short");
  check_descriptor(c, d);
  c.require(d->site_kinds != 0 && (d->site_kinds & ~0xEu) == 0,
            "it patches no or unknown kinds of site");
}

void trainer_descriptor(Context& c) {
  const auto* d = described(c, c.plugin().trainers());
  c.require(HOLO_HAS(d, holo_trainer_descriptor, extension), "the descriptor is too short");
  check_descriptor(c, d);
  constexpr std::uint32_t kKnown = HOLO_TRAIN_PICTURES | HOLO_TRAIN_TENSORS | HOLO_TRAIN_TEXT;
  c.require(d->inputs != 0 && (d->inputs & ~kKnown) == 0, "it takes no or unknown inputs");
  c.require(matches(d->output_format, "-", 32), "the output format is not [a-z0-9-]{1,32}");
  c.require(filled(d->extension) && d->extension[0] == '.',
            "the extension does not begin with a dot");
}

void names_are_unique(Context& c) {
  std::set<std::string> ids;
  std::set<std::string> aliases;
  for (const Component& component : c.plugin().components()) {
    c.require(ids.insert(component.kind + component.id).second,
              "the id " + component.id + " is there twice");
    c.require(aliases.insert(component.kind + component.alias).second,
              "the alias " + component.alias + " is there twice");
  }
}

}  // namespace

std::vector<Test> plugin_tests() {
  return {
      {"note", "plugin", "The ELF note is there and names the ABI versions that the entry names.",
       note_matches_entry},
      {"symbols", "plugin",
       "The entry is the only exported symbol, and nothing of the host is left undefined.",
       exports_one_symbol},
      {"entry", "plugin", "The entry and the plugin info are complete.", entry_is_sane},
      {"interface-ids", "plugin",
       "An unknown interface id, or a known one with a character more or less, gives NULL.",
       ids_match_exactly},
      {"initialise", "plugin", "initialise may be called more than once.", initialise_repeats},
      {"unique-names", "plugin",
       "Every component has an id and an alias of its own among those of its kind.",
       names_are_unique},
      {"codec-descriptor", "codec",
       "Ids, versions, texts, format and parameter table are well-formed; defaults are in range.",
       codec_descriptor},
      {"analyzer-descriptor", "analyzer",
       "Ids, versions, texts and parameter table are well-formed; defaults are in range.",
       analyzer_descriptor},
      {"patch-descriptor", "model_patch",
       "Ids, versions, texts and parameter table are well-formed; defaults are in range.",
       patch_descriptor},
      {"trainer-descriptor", "trainer",
       "Ids, versions, texts, inputs and parameter table are well-formed; defaults are in range.",
       trainer_descriptor},
  };
}

}  // namespace holo_check
