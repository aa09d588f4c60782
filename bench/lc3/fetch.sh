#!/bin/sh
# Unpacks the Debian source package of liblc3 and prints the folder.
#
#     fetch.sh [DIR]                   default: build/liblc3 of this tree
#
# Only its upstream archive is taken. The release of this machine comes first, then the next ones:
# mirrors do not always keep the archives of an old one. The apt state is its own, below DIR: the
# machine's list of sources stays as it is, and no root is needed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/../../build/liblc3}"
dir=$(cd "${1:-$here/../../build/liblc3}" && pwd)
exec 9>"$dir/lock" # one at a time
flock 9
if [ -f "$dir/complete" ]; then
    cat "$dir/complete"
    exit 0
fi
keys=/usr/share/keyrings/debian-archive-keyring.gpg

apt() {
    apt-get -q -y -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=- \
        -o Dir::State="$dir/apt" -o Dir::State::status="$dir/apt/status" -o Dir::Cache="$dir/apt" \
        -o Acquire::http::Timeout=15 -o Acquire::Retries=1 -o Debug::NoLocking=1 \
        -o APT::Sandbox::User= "$@"
}

# "address release" of the Debian repository that this machine uses.
apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' \
    --format '$(REPO_URI) $(CODENAME)' 2>/dev/null | head -n 1 >"$dir/repository"
read -r address release <"$dir/repository" || {
    echo "fetch.sh: no Debian repository among apt's sources" >&2
    exit 1
}
for suite in "$release" trixie sid; do
    rm -rf "$dir/apt" "$dir"/*.tar.*
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
    : >"$dir/apt/status"
    echo "deb-src [signed-by=$keys] $address $suite main" >"$dir/sources.list"
    if (cd "$dir" && apt update && apt source --download-only --tar-only liblc3) \
        >"$dir/log" 2>&1; then
        tar -xf "$dir"/liblc3_*.tar.* -C "$dir"
        (cd "$dir" && echo "$PWD"/liblc3-*) >"$dir/complete"
        cat "$dir/complete"
        exit 0
    fi
done
echo "fetch.sh: no archive of liblc3's source; the end of $dir/log:" >&2
tail -n 3 "$dir/log" >&2
exit 1
