// The note reader: real plugins, and every kind of damage to them.
#include "core/host/elf_note.hpp"

#include <elf.h>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "core/host/test_files.hpp"

using namespace holo;
using namespace holo::host;
using namespace holo::host::testing;

namespace {
std::string refusal(const fs::path& path) {
  const auto note = read_elf_note(path);
  REQUIRE_FALSE(note.ok());
  return note.error().message;
}
}  // namespace

TEST_CASE("the note of a plugin is read, stripped or not") {
  for (const auto* name : {"good", "stripped"}) {
    const auto note = read_elf_note(test_plugin(name));
    REQUIRE(note.ok());
    CHECK(note->abi_major == 1);
    CHECK(note->abi_minor == HOLO_ABI_MINOR);
    CHECK(note->torch_version.empty());
  }
  CHECK(read_elf_note(test_plugin("torch-1"))->torch_version == "1.13.1");
}

TEST_CASE("a note is found without section headers, and without program headers") {
  std::vector<std::uint8_t> bytes = read_bytes(test_plugin("good"));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  const Elf64_Ehdr before = header;
  header.e_shoff = 0;
  header.e_shnum = 0;
  std::memcpy(bytes.data(), &header, sizeof header);
  CHECK(parse_elf_note(bytes).ok());
  header = before;
  header.e_phnum = 0;
  std::memcpy(bytes.data(), &header, sizeof header);
  CHECK(parse_elf_note(bytes).ok());
}

TEST_CASE("files that are no plugins are refused, each with its own reason") {
  const TemporaryFolder folder;
  const auto make = [&folder](const std::string& name, const std::vector<std::uint8_t>& bytes) {
    const fs::path path = folder.path() / name;
    write_bytes(path, bytes);
    return path;
  };
  std::vector<std::uint8_t> good = read_bytes(test_plugin("good"));
  CHECK_THAT(refusal(folder.path() / "none.holo.so"), Catch::Contains("No such file"));
  CHECK_THAT(refusal(make("copy.so", good)), Catch::Contains("does not end in .holo.so"));
  fs::create_directory(folder.path() / "folder.holo.so");
  CHECK_THAT(refusal(folder.path() / "folder.holo.so"), Catch::Contains("not a regular file"));
  const std::string text = "#!/bin/sh\n";
  CHECK_THAT(refusal(make("script.holo.so", {text.begin(), text.end()})),
             Catch::Contains("not an ELF file"));
  CHECK_THAT(refusal(make("short.holo.so", {0x7F, 'E', 'L', 'F', 2})), Catch::Contains("cut off"));
  CHECK_THAT(refusal(make("half.holo.so", {good.begin(), good.begin() + 3000})),
             Catch::Contains("cut off"));
  std::vector<std::uint8_t> other = good;
  other[offsetof(Elf64_Ehdr, e_machine)] = EM_RISCV;
  CHECK_THAT(refusal(make("riscv.holo.so", other)), Catch::Contains("machine 243"));
  other = good;
  other[EI_CLASS] = ELFCLASS32;
  CHECK_THAT(refusal(make("narrow.holo.so", other)), Catch::Contains("found class 1"));
  other = good;
  other[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
  CHECK_THAT(refusal(make("object.holo.so", other)), Catch::Contains("found ELF type 1"));
  const fs::path open_to_all = make("open.holo.so", good);
  fs::permissions(open_to_all, fs::perms::others_write, fs::perm_options::add);
  CHECK_THAT(refusal(open_to_all), Catch::Contains("chmod o-w"));
  CHECK_THAT(refusal(test_plugin("no-note")), Catch::Contains("no note '.note.holohost'"));
  CHECK_THAT(refusal(test_plugin("wrong-abi")),
             Catch::Contains("built for plugin ABI 2, this holohost speaks ABI 1"));
  CHECK_THAT(refusal(test_plugin("newer-host")),
             Catch::Contains("needs a holohost with plugin ABI 1.9 or newer, this one has 1." +
                             std::to_string(HOLO_ABI_MINOR)));
}

TEST_CASE("no damage to a file makes the reader read outside it") {
  // The sanitizer builds see what a plain build does not.
  const std::vector<std::uint8_t> good = read_bytes(test_plugin("stripped"));
  std::mt19937 random(20240501);
  const auto pick = [&random](std::size_t below) {
    return static_cast<std::size_t>(random() % below);
  };
  std::size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::uint8_t> bytes(good.begin(), good.begin() + 4096);
    const std::size_t changes = 1 + pick(4);
    for (std::size_t i = 0; i < changes; ++i) {
      // Headers hold the offsets and sizes that matter.
      const std::size_t at = pick(2) == 0 ? pick(800) : pick(bytes.size());
      bytes[at] = pick(3) == 0 ? 0xFF : static_cast<std::uint8_t>(random());
    }
    if (pick(3) == 0) bytes.resize(pick(bytes.size()));
    bytes.shrink_to_fit();
    accepted += parse_elf_note(bytes).ok() ? 1 : 0;
  }
  CHECK(accepted < 20000);
}
