/** The files of a version, by os and arch, each with its signatures and attestations beside it. */
import { type ComponentChild, h } from 'preact';
import { humanSize } from '../../core/human-size.ts';
import { ARCH, OS, type Os, ownerOfCompanion } from '../../core/platforms.ts';
import type { FileWithCompanions, ShownFile } from './shown-file.ts';
import { type Commands, verifyCommands } from './verify-commands.ts';

const OS_NAMES: Readonly<Record<Os, string>> = {
  linux: 'Linux',
  macos: 'macOS',
  windows: 'Windows',
  freebsd: 'FreeBSD',
  android: 'Android',
  ios: 'iOS',
};

export function osName(os: Os): string {
  return OS_NAMES[os];
}

/** Signatures, checksums and blockmaps go to the file that they name, if it is among the files. */
function withCompanions(files: readonly ShownFile[]): readonly FileWithCompanions[] {
  const names = new Set(files.map(({ filename }) => filename));
  const byOwner = Map.groupBy(files, ({ filename }) => ownerAmong(names, filename));
  const own = byOwner.get(undefined) ?? [];
  return own.map((file) => ({ file, companions: companionsOf(byOwner, file.filename) }));
}

/** `tool.zip.sha256.asc` belongs to `tool.zip.sha256`, and with that to `tool.zip`. */
function companionsOf(
  byOwner: ReadonlyMap<string | undefined, readonly ShownFile[]>,
  filename: string,
): readonly ShownFile[] {
  const direct = byOwner.get(filename) ?? [];
  return direct.flatMap((one) => [one, ...companionsOf(byOwner, one.filename)]);
}

function ownerAmong(names: ReadonlySet<string>, filename: string): string | undefined {
  const owner = ownerOfCompanion(filename);
  return owner !== undefined && names.has(owner) ? owner : undefined;
}

/** @param commands how visitors download here */
export function fileList(files: readonly ShownFile[], commands: Commands): ComponentChild {
  const all = withCompanions(files);
  const ofOs = (os: Os | undefined) => all.filter(({ file }) => file.os === os);
  const sections = [...OS, undefined].map((os) => osSection(os, ofOs(os), commands));
  return h('div', null, sections);
}

function osSection(
  os: Os | undefined,
  files: readonly FileWithCompanions[],
  commands: Commands,
): ComponentChild {
  if (files.length === 0) return null;
  const groups = [...ARCH, undefined].map((arch) => {
    const ofArch = files.filter(({ file }) => file.arch === arch);
    if (ofArch.length === 0) return null;
    const items = ofArch.map((one) => fileItem(one, commands));
    return [
      arch === undefined ? null : h('h4', null, arch === 'any' ? 'every processor' : arch),
      h('ul', { class: 'list' }, items),
    ];
  });
  const id = os ?? 'other';
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-h` },
    h('h3', { id: `${id}-h` }, os === undefined ? 'Other files' : osName(os)),
    groups,
  );
}

function fileItem(one: FileWithCompanions, commands: Commands): ComponentChild {
  const { file, companions } = one;
  const about = [file.libc, file.bundle, humanSize(file.size)].filter((word) => word !== undefined);
  return h(
    'li',
    null,
    fileName(file),
    ' ',
    h('span', { class: 'soft' }, about.join(' · ')),
    h('code', { class: 'sum', title: 'SHA-256' }, file.sha256),
    companions.length === 0
      ? null
      : h('div', { class: 'soft' }, 'Beside it: ', companions.map(companionItem(file))),
    file.refused === undefined ? verification(verifyCommands(one, commands)) : null,
  );
}

function fileName(file: ShownFile, text = file.filename): ComponentChild {
  const { filename, href, refused } = file;
  const title = text === filename ? undefined : filename;
  if (refused === undefined) return h('a', { class: 'name', dir: 'auto', href, title }, text);
  return [
    h('s', { class: 'name', dir: 'auto', title }, text),
    ' ',
    h('strong', { class: 'bad', dir: 'auto' }, refused),
  ];
}

/** By its ending alone: the rest of its name is that of the file. */
function companionItem({ filename }: ShownFile) {
  return (companion: ShownFile, index: number): ComponentChild => [
    index === 0 ? null : ', ',
    fileName(companion, companion.filename.slice(filename.length)),
  ];
}

function verification(commands: string): ComponentChild {
  return h(
    'details',
    null,
    h('summary', null, 'Verify'),
    h('pre', null, h('code', null, commands)),
  );
}
