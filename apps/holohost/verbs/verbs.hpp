// One function a verb, each in the file of its name.
#pragma once

#include "apps/holohost/verb.hpp"
#include "core/host/registry.hpp"

namespace holo::cli {

Verb encode_verb();
Verb decode_verb();
Verb render_verb();
Verb info_verb();
Verb analyze_verb();
Verb compare_verb();
Verb bench_verb();
Verb train_verb();
Verb lm_verb();
Verb plugins_verb();
Verb completion_verb();

// `encode --codec X --help`: the parameters of one component, from its table.
int print_component_help(const Arguments& arguments, host::ComponentKind kind,
                         const std::string& spec);

}  // namespace holo::cli
