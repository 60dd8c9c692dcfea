/** The installer for `curl | sh`: a POSIX shell script that installs one tool from a channel. */

export interface InstallScriptOptions {
  /** Where the service is, without a slash at its end. */
  readonly url: string;
  readonly channel: string;
  /** What the installed command is called. */
  readonly name: string;
}

/**
 * The script finds the file for its computer by `/channels/CHANNEL/for/OS/ARCH`, and installs it
 * only if SHA256SUMS of the channel has its checksum. The command gets its new file in one rename.
 */
export function installScript({ url, channel, name }: InstallScriptOptions): string {
  return SCRIPT.replace('@URL@', () => quote(url))
    .replace('@CHANNEL@', () => quote(channel))
    .replace('@NAME@', () => quote(name));
}

/** A word of the shell, whatever it holds. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const SCRIPT = `#!/bin/sh
# Installs a command from a channel of a Stowage service. Made by: stowage install-script
#
#   INSTALL_DIR     where the command goes. Default: ~/.local/bin
#   STOWAGE_TOKEN   a token with scope read, if downloads are not public
#
# With --version VERSION it installs an earlier version of the channel: sh install.sh --version 1.4.0
set -eu

url=@URL@
channel=@CHANNEL@
name=@NAME@

say() { printf '%s\\n' "$*" >&2; }
fail() { say "$name was not installed: $*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# Everything is in functions, so that a script that was cut off on its way runs nothing.
main() {
  read_options "$@"
  find_platform
  dir=\${INSTALL_DIR:-"\${HOME:?HOME must be set}/.local/bin"}
  tmp=$(mktemp -d) || fail 'mktemp made no temporary folder'
  trap 'rm -rf "$tmp"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  choose_fetcher

  fetch "/channels/$channel/SHA256SUMS\${at:+?at=$at}" "$tmp/SHA256SUMS" || no_channel
  [ "$is_known" = yes ] || unknown_platform
  fetch_file || no_file
  sum=$(sum_of "$tmp/file")
  file=$(sed -n "s/^$sum  //p" "$tmp/SHA256SUMS" | head -n 1)
  [ -n "$file" ] || fail "what came is no file of channel $channel: its SHA-256 is $sum"

  unpack
  mkdir -p "$dir" || fail "$dir can't be made"
  [ ! -d "$dir/$name" ] || fail "$dir/$name is a folder; move it away, or set INSTALL_DIR"
  new="$dir/.$name.new.$$"
  trap 'rm -rf "$tmp" "$new"' EXIT
  if cp "$tmp/command" "$new" && chmod 755 "$new" && mv -f "$new" "$dir/$name"; then
    say "installed $dir/$name from $file"
  else
    fail "$dir can't be written; choose another folder with INSTALL_DIR"
  fi

  case ":\${PATH:-}:" in
    *":$dir:"*) ;;
    *) say "add it to your PATH, for example in ~/.profile: export PATH=\\"$dir:\\$PATH\\"" ;;
  esac
}

read_options() {
  version=
  at=
  while [ $# -gt 0 ]; do
    case $1 in
      --version=*) version=\${1#*=} ;;
      --version)
        [ $# -eq 1 ] || shift
        version=$1
        ;;
      *) fail "there is no option $1, only --version VERSION" ;;
    esac
    case $version in
      '' | -* | *[!A-Za-z0-9._+-]*) fail '--version must be a version such as 1.4.0' ;;
    esac
    shift
  done
  # A + in a query is a space.
  at=$(printf '%s' "$version" | sed 's/+/%2B/g')
}

find_platform() {
  is_known=yes
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    FreeBSD) os=freebsd ;;
    *) os=$(uname -s) && is_known=no ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    armv7* | armhf) arch=armv7 ;;
    i386 | i486 | i586 | i686) arch=x86 ;;
    riscv64) arch=riscv64 ;;
    *) arch=$(uname -m) && is_known=no ;;
  esac
  libc=
  [ "$os" = linux ] || return 0
  libc=gnu
  for loader in /lib/ld-musl-*; do
    [ ! -e "$loader" ] || libc=musl
  done
}

# The token is in files that no one else may read: arguments show in the list of processes.
choose_fetcher() {
  token=\${STOWAGE_TOKEN:-}
  if has curl; then
    fetcher=curl
    (umask 077 && printf 'header = "User-Agent: stowage-install"\\n' >"$tmp/curlrc")
    [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\\n' "$token" >>"$tmp/curlrc"
  elif has wget; then
    fetcher=wget
    case $(wget --version 2>/dev/null) in
      'GNU Wget'*) fetcher=gnu_wget ;;
    esac
    [ -z "$token" ] || [ "$fetcher" = gnu_wget ] ||
      fail 'with STOWAGE_TOKEN set, curl or GNU Wget is needed; install curl'
    host=\${url#*://}
    host=\${host%%[:/]*}
    [ -z "$token" ] || (
      umask 077 && printf 'machine %s login token password %s\\n' "$host" "$token" >"$tmp/.netrc"
    )
  else
    fail 'curl or wget is needed'
  fi
}

# Writes what is at the path $1 to the file $2. $status is that of the last answer, if there was one.
fetch() {
  case $fetcher in
    curl)
      status=$(curl -fsSL -K "$tmp/curlrc" -o "$2" -w '%{http_code}' "$url$1" 2>"$tmp/error") &&
        return 0
      ;;
    gnu_wget)
      HOME=$tmp LC_ALL=C wget -nv -O "$2" "$url$1" 2>"$tmp/error" && return 0
      # It writes no number for 401.
      [ $? -ne 6 ] && read_status || status=401
      ;;
    wget)
      wget -q -O "$2" "$url$1" 2>"$tmp/error" && return 0
      read_status
      ;;
  esac
  return 1
}

read_status() {
  status=$(sed -n -e 's/.*HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' \\
    -e 's/.*ERROR \\([0-9][0-9][0-9]\\).*/\\1/p' "$tmp/error" | tail -n 1)
}

no_answer() {
  case $status in
    429 | 5??) fail "$url$1 answered with status $status; try again later" ;;
    [1-4]??) fail "$url$1 answered with status $status" ;;
  esac
  [ ! -s "$tmp/error" ] || sed 's/^/  /' "$tmp/error" >&2
  fail "$url$1 can't be read"
}

no_channel() {
  case $status in
    401 | 403) ;;
    404) fail "there is no channel $channel at $url\${version:+, or it does not remember version $version}" ;;
    *) no_answer "/channels/$channel/SHA256SUMS" ;;
  esac
  hint='if it asks for a token, set STOWAGE_TOKEN'
  [ -z "$token" ] || hint='check STOWAGE_TOKEN: it needs scope read, and may have expired'
  fail "$url/channels/$channel can't be read; $hint"
}

# Where several files are for a platform, archives come before packages of an operating system.
# Programs for musl are mostly linked statically: they run on other Linux systems too.
fetch_file() {
  for one in "$libc" musl; do
    query="/channels/$channel/for/$os/$arch?libc=$one\${at:+&at=$at}"
    for choice in '' '&ext=tar.gz' '&ext=tgz' '&ext=tar.xz' '&ext=tar.bz2' '&ext=zip' '&ext=bin'; do
      fetch "$query$choice" "$tmp/file" && return 0
      # 409: there are several.
      case $status in
        404 | 409) ;;
        *) no_answer "$query$choice" ;;
      esac
    done
    [ "$libc" = gnu ] || return 1
  done
  return 1
}

list_files() {
  say "channel $channel has these files:"
  cut -c 67- "$tmp/SHA256SUMS" | sed 's/^/  /' >&2
}

unknown_platform() {
  list_files
  fail "this script knows no file for $os/$arch; get one from $url/channels/$channel/FILE\${at:+?at=$at}"
}

no_file() {
  list_files
  fail "none of them is the one for $os/$arch\${libc:+ with $libc}"
}

sum_of() {
  if has sha256sum; then
    sha256sum <"$1" | cut -c 1-64
  elif has shasum; then
    shasum -a 256 <"$1" | cut -c 1-64
  elif has openssl; then
    openssl dgst -sha256 -r <"$1" | cut -c 1-64
  else
    fail 'sha256sum, shasum or openssl is needed'
  fi
}

# Puts the command into $tmp/command: the file itself, or what the archive holds under the name.
unpack() {
  mkdir "$tmp/all"
  case $file in
    *.tar.gz | *.tgz) tar -xzf "$tmp/file" -C "$tmp/all" || fail "$file can't be unpacked" ;;
    *.tar.xz) tar -xJf "$tmp/file" -C "$tmp/all" || fail "$file can't be unpacked" ;;
    *.tar.bz2) tar -xjf "$tmp/file" -C "$tmp/all" || fail "$file can't be unpacked" ;;
    *.zip)
      has unzip || fail "unzip is needed for $file"
      unzip -q "$tmp/file" -d "$tmp/all" || fail "$file can't be unpacked"
      ;;
    *.deb | *.rpm | *.apk | *.snap | *.flatpak | *.dmg | *.pkg | *.tar.* | *.tbz2 | *.txz | *.7z)
      fail "$file can't be installed by this script; get it from $url/channels/$channel/$file\${at:+?at=$at}"
      ;;
    *)
      mv "$tmp/file" "$tmp/command"
      return 0
      ;;
  esac
  # Completions and manuals may have the name too; zip files may say of no file that it can be run.
  found=$(find "$tmp/all" -type f -name "$name" -perm -0100 | head -n 1)
  [ -n "$found" ] || found=$(find "$tmp/all" -type f -name "$name" | head -n 1)
  [ -n "$found" ] || fail "$file holds no file $name"
  mv "$found" "$tmp/command"
}

main "$@"
`;
