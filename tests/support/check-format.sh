#!/usr/bin/env bash
# Fails, with the list, when a source file is not formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files '*.cc' '*.h' | xargs clang-format --dry-run --Werror
