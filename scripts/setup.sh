# SPDX-License-Identifier: AGPL-3.0-or-later
# Sourced by ./run, ./test and scripts/build: what every one of them must have first. Each function says what it does,
# does nothing the second time, and ends the program with one line when it cannot go on.

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "${program:-letopis}" "$*" >&2; exit 1; }

log_dir=build/log

check_system() {
    local ID='' VERSION_ID='' PRETTY_NAME='an unknown system'
    # shellcheck disable=SC1091
    [ -r /etc/os-release ] && . /etc/os-release
    if [ "$ID" != debian ] || { [ "$VERSION_ID" != 12 ] && [ "$VERSION_ID" != 13 ]; }; then
        die "Debian 12 or 13 is needed; this is $PRETTY_NAME"
    fi
    [ -w . ] || die "this folder cannot be written to by $(id -un): clone the repository as the user who runs it"
    mkdir -p "$log_dir" || die "cannot make the folder build/log"
}

# check_disk FOLDER MEGABYTES
check_disk() {
    local free
    free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$2" ] || die "the disk is too small: $2 MB must be free on the disk of '$1', $free MB are"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Whoever may not install gets told before anything is tried. Without a terminal sudo must not ask.
check_rights() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || die "packages are missing ($*) and cannot be installed: run as root, or install sudo"
    [ -t 0 ] || sudo -n true 2>/dev/null || die "packages are missing ($*) and sudo wants a password: run in a terminal, or as root"
}

# missing_packages LIST…: the entries of scripts/packages/LIST.txt of which no alternative is there.
missing_packages() {
    local list entries installed entry alternative there
    entries=$(for list in "$@"; do sed 's/#.*//' "scripts/packages/$list.txt"; done | tr -s ' \n' '\n' | sed '/^$/d')
    installed=$(tr '|' '\n' <<<"$entries" | grep -v '^command:' |
        xargs dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    for entry in $entries; do
        there=no
        for alternative in ${entry//|/ }; do
            case "$alternative" in
                command:*) command -v "${alternative#command:}" >/dev/null && there=yes ;;
                *) grep -qxF -- "$alternative" <<<"$installed" && there=yes ;;
            esac
        done
        [ $there = yes ] || printf '%s\n' "$entry"
    done
}

# The first alternative that apt can install.
pick_package() {
    local alternative
    for alternative in ${1//|/ }; do
        case "$alternative" in command:*) continue ;; esac
        if apt-cache policy "$alternative" | grep -q '^  Candidate: [^(]'; then
            printf '%s\n' "$alternative"
            return
        fi
    done
    printf '%s\n' "${1%%|*}"
}

apt_failed() {
    local log=$1 word='apt-get failed'
    grep -qE 'Temporary failure|Could not (resolve|connect)|Failed to fetch|Network is unreachable|Connection (refused|timed out)|Unable to locate' "$log" &&
        word='no network, or apt has no package source that answers'
    grep -q 'No space left\|enough free space' "$log" && word='the disk is full'
    die "$word: $(grep -E '^E:' "$log" | tail -n 1) (whole output: $log)"
}

# ensure_packages LIST…
ensure_packages() {
    local missing names log=$log_dir/apt.log
    missing=$(missing_packages "$@")
    if [ -z "$missing" ]; then
        say "packages: all there"
        return
    fi
    # shellcheck disable=SC2086
    check_rights $missing
    check_disk / 2500
    say "packages: installing $(wc -l <<<"$missing") ($(tr '\n' ' ' <<<"$missing" | sed 's/ $//'))"
    # A third-party source that does not answer must not stop us; what counts is whether the install works.
    as_root apt-get -q -o DPkg::Lock::Timeout=120 update >"$log" 2>&1 || true
    names=$(for entry in $missing; do pick_package "$entry"; done)
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends install $names \
        >>"$log" 2>&1 </dev/null || apt_failed "$log"
    missing=$(missing_packages "$@")
    [ -z "$missing" ] || die "packages are still missing after apt-get: $missing (whole output: $log)"
    rm -f build/*/build.ninja # CMake looks again: some targets are there only with what came
}

# ensure_npm FOLDER FILE TITLE: what third_party/FOLDER pins, out of npm; FILE shows that it is there. None of the packages' scripts run.
ensure_npm() {
    local folder=third_party/$1 log=$log_dir/npm.log wanted
    wanted=$(sha256sum <"$folder/package-lock.json")
    if [ -f "$folder/node_modules/$2" ] && [ "$(cat "$folder/node_modules/.letopis-lock" 2>/dev/null)" = "$wanted" ]; then
        say "$3: there"
        return
    fi
    say "$3: fetching the pinned npm package"
    if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) >"$log" 2>&1 </dev/null; then
        grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$log" && die "no network: npm cannot reach its registry (whole output: $log)"
        die "npm could not install the pinned package: $(grep -iE '^npm (err|error)' "$log" | head -n 1) (whole output: $log)"
    fi
    printf '%s\n' "$wanted" >"$folder/node_modules/.letopis-lock"
}
ensure_sqlite3mc() { ensure_npm sqlite3mc better-sqlite3-multiple-ciphers/deps/sqlite3/sqlite3.c "SQLite3 Multiple Ciphers"; }
ensure_passwords() { ensure_npm passwords @zxcvbn-ts/language-common/src/passwords.json "the list of passwords that everybody guesses"; }

# The web page, out of web/src; does nothing when it is built.
ensure_page() {
    say "the page: building when something changed"
    LETOPIS_WEB_LOG="$PWD/$log_dir/web.log" web/build.sh || die "the page could not be built (whole output: $log_dir/web.log)"
}

# The kernel of the machines whose power the long tests cut: unpacked beside the build, never installed. Without it those tests are skipped.
ensure_guest_kernel() {
    local folder=build/guest-kernel log=$log_dir/guest-kernel.log name
    if compgen -G "$folder/boot/vmlinuz-*" >/dev/null; then
        say "guest kernel: there"
        return
    fi
    say "guest kernel: fetching Debian's"
    name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    rm -rf $folder $folder.new
    mkdir -p $folder.new
    if (cd $folder.new && apt-get -q download "${name:-linux-image-cloud-amd64}" && dpkg-deb -x ./*.deb . && rm ./*.deb) >"$log" 2>&1 </dev/null; then
        mv $folder.new $folder
    else
        say "guest kernel: not fetched, the power will not be cut (whole output: $log)"
    fi
}

# At most a compiler a core and a compiler per 1.2 GB of free memory.
build_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null)
    [ "${memory:-1}" -ge 1 ] || memory=1
    echo $((cores < memory ? cores : memory))
}

# What ninja says of the first thing that failed.
first_failure() { sed -n '/^FAILED:/,$ { /^\[/q; p }' "$1" | head -n 60; grep '^ninja: error' "$1"; }

# build PRESET [TARGET…]: configures build/PRESET when it must, then builds. A second run is one ninja that finds nothing to do.
build() {
    local preset=$1 started=$SECONDS dir=build/$1 log=$log_dir/build-$1.log
    shift
    if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/build.ninja" ]; then
        cmake --preset "$preset" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "cmake could not configure build/$preset (whole output: $log)"; }
    fi
    ninja -C "$dir" -n "$@" 2>/dev/null | grep -q 'no work to do' || say "build/$preset: building (some minutes the first time)"
    if [ -t 1 ]; then
        ninja -C "$dir" -j "$(build_jobs)" "$@" || die "the build of build/$preset failed; the compiler's words are above"
    else
        ninja -C "$dir" -j "$(build_jobs)" "$@" >"$log" 2>&1 || { first_failure "$log" >&2; die "the build of build/$preset failed (whole output: $log)"; }
    fi
    say "build/$preset: built in $((SECONDS - started)) s"
}

# The fuzz targets, by clang with libFuzzer, in build/fuzz. The newest clang wins.
build_fuzz() {
    local started=$SECONDS dir=build/fuzz log=$log_dir/build-fuzz.log clang
    clang=$(compgen -c clang- | grep -E '^clang-[0-9]+$' | sort -t- -k2 -n | tail -n 1)
    [ -n "$clang" ] || die "clang is missing (./test --long installs it)"
    if [ ! -f $dir/build.ninja ]; then
        cmake -S . -B $dir -G Ninja -DCMAKE_C_COMPILER="$clang" -DCMAKE_CXX_COMPILER="${clang/clang/clang++}" \
            -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O1 -g1 -fsanitize=fuzzer-no-link -Wno-unknown-warning-option" -DCMAKE_C_FLAGS="-O1 -g1" \
            -DLETOPIS_SANITIZE=address,undefined -DLETOPIS_FUZZ=ON >"$log" 2>&1 ||
            { tail -n 30 "$log" >&2; die "cmake could not configure build/fuzz (whole output: $log)"; }
    fi
    ninja -C $dir -j "$(build_jobs)" fuzz_targets >"$log" 2>&1 || { first_failure "$log" >&2; die "the build of build/fuzz failed (whole output: $log)"; }
    say "build/fuzz: built in $((SECONDS - started)) s"
}
