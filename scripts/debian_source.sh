#!/bin/sh
# Fetches a Debian source package of any release through apt, checked by apt's signatures, and
# unpacks it without Debian's patches.
#
#     scripts/debian_source.sh PACKAGE RELEASE DIR      DIR/PACKAGE holds the source afterwards
#
# Nothing of the machine's own apt configuration is changed: the release's source list and apt's
# state are kept under DIR. The archive's address is the one the machine already uses.
set -eu
package=$1 release=$2 dir=$3

mkdir -p "$dir"
exec 9>"$dir/$package.lock" # one at a time
flock 9
[ ! -e "$dir/$package/.complete" ] || exit 0
command -v apt-get >/dev/null || { echo "debian_source: this is not Debian: no apt-get" >&2; exit 1; }
mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/apt/parts"
dir=$(cd "$dir" && pwd)

uri=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }')
if [ -z "$uri" ]; then
    echo "debian_source: apt knows no Debian archive; run apt-get update first" >&2
    exit 1
fi
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main" \
    >"$dir/apt/sources.list"

apt_options="-q -o Dir::Etc::SourceList=$dir/apt/sources.list -o Dir::Etc::SourceParts=$dir/apt/parts
    -o Dir::State::Lists=$dir/apt/lists -o Dir::Cache=$dir/apt/cache -o APT::Sandbox::User=root"
cd "$dir"
apt-get $apt_options update >apt/log 2>&1 &&
    apt-get $apt_options --download-only --tar-only source "$package" >>apt/log 2>&1 || {
    echo "debian_source: cannot fetch $package of $release; the end of $dir/apt/log:" >&2
    tail -n 5 apt/log >&2
    exit 1
}
rm -rf "$package"
mkdir "$package"
tar -x --strip-components=1 -C "$package" -f "$(ls "$package"_*.orig.tar.* | grep -v '\.asc$')"
touch "$package/.complete"
