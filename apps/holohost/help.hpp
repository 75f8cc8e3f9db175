// Texts made from the verb table: help, man page, shell completion.
#pragma once

#include <string>
#include <string_view>

#include "apps/holohost/verb.hpp"

namespace holo::cli {

std::string overview();                  // holohost --help
std::string help_for(const Verb& verb);  // holohost VERB --help
std::string man_page();                  // roff, section 1
// bash, zsh or fish; empty for another shell.
std::string completion_for(std::string_view shell);

}  // namespace holo::cli
