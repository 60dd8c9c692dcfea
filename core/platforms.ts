/** Platforms: os, arch and libc in normal words, and what a filename says of them. */

export const OS = ['linux', 'macos', 'windows', 'freebsd', 'android', 'ios'] as const;
export type Os = (typeof OS)[number];
export const ARCH = ['x64', 'arm64', 'x86', 'armv7', 'riscv64', 'universal', 'any'] as const;
export type Arch = (typeof ARCH)[number];
export const LIBC = ['gnu', 'musl'] as const;
export type Libc = (typeof LIBC)[number];

export interface Platform {
  readonly os?: Os;
  readonly arch?: Arch;
  readonly libc?: Libc;
  /** What kind of installer or archive it is: `deb`, `msi`, `appimage`. */
  readonly bundle?: string;
}

/** What people and tools call each os, in lower case. */
const OS_WORDS: Readonly<Record<string, Os>> = {
  linux: 'linux',
  macos: 'macos',
  mac: 'macos',
  darwin: 'macos',
  osx: 'macos',
  windows: 'windows',
  win: 'windows',
  win32: 'windows',
  win64: 'windows',
  freebsd: 'freebsd',
  android: 'android',
  ios: 'ios',
};

const ARCH_WORDS: Readonly<Record<string, Arch>> = {
  x64: 'x64',
  x86_64: 'x64',
  amd64: 'x64',
  x86_64h: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
  armv8: 'arm64',
  x86: 'x86',
  i386: 'x86',
  i486: 'x86',
  i586: 'x86',
  i686: 'x86',
  ia32: 'x86',
  386: 'x86',
  armv7: 'armv7',
  armv7l: 'armv7',
  armhf: 'armv7',
  armv7hf: 'armv7',
  riscv64: 'riscv64',
  riscv64gc: 'riscv64',
  universal: 'universal',
  universal2: 'universal',
  any: 'any',
  noarch: 'any',
  all: 'any',
};

/** Installers that say the os by their ext. */
const BUNDLES: readonly (readonly [RegExp, { readonly bundle: string; readonly os?: Os }])[] = [
  [/\.appimage$/i, { bundle: 'appimage', os: 'linux' }],
  [/\.deb$/i, { bundle: 'deb', os: 'linux' }],
  [/\.rpm$/i, { bundle: 'rpm', os: 'linux' }],
  [/\.snap$/i, { bundle: 'snap', os: 'linux' }],
  [/\.flatpak$/i, { bundle: 'flatpak', os: 'linux' }],
  [/\.app\.tar\.gz$/i, { bundle: 'app', os: 'macos' }],
  [/\.dmg$/i, { bundle: 'dmg', os: 'macos' }],
  [/\.pkg$/i, { bundle: 'pkg', os: 'macos' }],
  [/\.msi$/i, { bundle: 'msi', os: 'windows' }],
  [/\.msix$/i, { bundle: 'msix', os: 'windows' }],
  [/\.exe$/i, { bundle: 'exe', os: 'windows' }],
  [/\.apk$/i, { bundle: 'apk', os: 'android' }],
  [/\.ipa$/i, { bundle: 'ipa', os: 'ios' }],
  [/\.zip$/i, { bundle: 'zip' }],
];

/** Files beside another one: signatures, checksums, blockmaps. They are for no platform of their own. */
const COMPANION =
  /\.(?:sig|asc|minisig|sigstore|sigstore\.json|intoto\.jsonl|sha\d+|sha\d+sum|md5|blockmap|zsync|pem|crt|sbom|cdx\.json|spdx\.json)$/i;

export function isCompanion(filename: string): boolean {
  return COMPANION.test(filename);
}

/** The name of the file that a signature, checksum or blockmap belongs to; undefined for other files. */
export function ownerOfCompanion(filename: string): string | undefined {
  const owner = filename.replace(COMPANION, '');
  return owner === filename ? undefined : owner;
}

export function parseOs(text: string): Os | undefined {
  return own(OS_WORDS, text.toLowerCase());
}

export function parseArch(text: string): Arch | undefined {
  return own(ARCH_WORDS, text.toLowerCase());
}

/**
 * What a filename says of the platform: the targets of Rust (`x86_64-unknown-linux-musl`), Go
 * (`linux_amd64`), Electron (`-arm64-mac.zip`, `_amd64.deb`, `x86_64.AppImage`), and words like them.
 * Empty for files that belong to another one.
 */
export function guessPlatform(filename: string): Platform {
  if (isCompanion(filename)) return {};
  const name = filename.toLowerCase();
  const bundle = BUNDLES.find(([pattern]) => pattern.test(name))?.[1];
  // `x86_64` is one word, `linux_amd64` is two.
  const words = name
    .replaceAll('x86_64', 'x64')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const os =
    words.map((word) => own(OS_WORDS, word)).find((one) => one !== undefined) ?? bundle?.os;
  const archs = new Set(
    words.map((word) => own(ARCH_WORDS, word)).filter((one) => one !== undefined),
  );
  // `all` and `any` are words of other meanings too: they count only in names of installers.
  const arch = [...archs].find((one) => one !== 'any') ?? (bundle?.os && [...archs][0]);
  if (os === undefined && arch === undefined) return {};
  const libc = words.some((word) => /^musl/.test(word))
    ? 'musl'
    : words.some((word) => /^gnu/.test(word)) && os === 'linux'
      ? 'gnu'
      : undefined;
  return {
    ...(os !== undefined && { os }),
    ...(arch !== undefined && { arch }),
    ...(libc !== undefined && { libc }),
    ...(bundle !== undefined && { bundle: bundle.bundle }),
  };
}

function own<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
