#pragma once

/// Always on. A broken invariant stops the program: on a device the trap resets it, and a trial
/// that was not confirmed then reverts. Never use it on bytes from outside.
#define FLOTILLA_ASSERT(condition)      \
  do {                                  \
    if (!(condition)) __builtin_trap(); \
  } while (false)
