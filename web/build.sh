#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Builds the page into web/dist, quietly; does nothing when the sources and the output are those of the last time.
# The npm packages are the pinned ones and none of their scripts run; esbuild's program comes in a package of its own.
set -euo pipefail
cd "$(dirname "$0")"
log=${LETOPIS_WEB_LOG:-.cache/build.log}
mkdir -p .cache "$(dirname "$log")"

wanted=$(find package-lock.json package.json tsconfig.json vite.config.ts index.html build.sh public src -type f ! -name '*.test.*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
if [ -f dist/index.html ] && [ "$(cat .cache/built 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
lock=$(sha256sum <package-lock.json)
if [ ! -x node_modules/.bin/vite ] || [ "$(cat node_modules/.letopis-lock 2>/dev/null)" != "$lock" ]; then
    if ! npm ci --ignore-scripts --no-audit --no-fund >"$log" 2>&1 </dev/null; then
        echo "web/build.sh: npm could not install the pinned packages (whole output: web/$log)" >&2
        exit 1
    fi
    printf '%s\n' "$lock" >node_modules/.letopis-lock
fi
if ! npm run --silent build >"$log" 2>&1 </dev/null; then
    echo "web/build.sh: the build failed (whole output: web/$log)" >&2
    tail -n 15 "$log" >&2
    exit 1
fi
printf '%s\n' "$wanted" >.cache/built
