#pragma once

#include "schemas/base/time.h"

namespace flotilla::controller::app {

WallTime wall_now();
MonoTime mono_now();

}  // namespace flotilla::controller::app
