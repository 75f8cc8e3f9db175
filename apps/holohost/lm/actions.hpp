// The actions of `holohost lm`, each in the file of its name.
#pragma once

#include "apps/holohost/verb.hpp"

namespace holo::cli {

Verb lm_generate_action();
Verb lm_chat_action();
Verb lm_eval_action();
Verb lm_bench_action();
Verb lm_build_action();
Verb lm_train_action();
Verb lm_info_action();
Verb lm_spectrum_action();
Verb lm_fetch_action();
Verb lm_save_cache_action();
Verb lm_load_cache_action();

}  // namespace holo::cli
