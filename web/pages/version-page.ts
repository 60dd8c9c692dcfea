/** A version: its files, its notes and how to verify them; and a channel, which adds a button. */
import { type ComponentChild, h } from 'preact';
import { humanSize } from '../../core/human-size.ts';
import type { Os } from '../../core/platforms.ts';
import { fileList, osName } from './file-list.ts';
import { renderNotes } from './markdown.ts';
import { day, nextPage, type Page, renderPage, type Site } from './page.ts';
import type { ShownFile } from './shown-file.ts';
import { shellWord } from './verify-commands.ts';

export interface ShownVersion {
  readonly versionId: string;
  readonly createdAt: string;
  readonly notes?: string | undefined;
  readonly minVersion?: string | undefined;
  readonly files: readonly ShownFile[];
  /** The path of this page, encoded. */
  readonly path: string;
  /** The path of its checksums, encoded. */
  readonly sumsPath: string;
  readonly needsToken: boolean;
  /** Whether the page before had files too. */
  readonly isContinued: boolean;
  readonly nextCursor?: string | undefined;
}

/** What a channel adds to its version. */
export interface ShownChannel {
  readonly channel: string;
  readonly updatedAt: string;
  /** The page of the version, if the visitor may open it. */
  readonly versionPath?: string | undefined;
  /** The file for the visitor's own computer. */
  readonly button?: ShownFile | undefined;
  /** What the visitor's computer runs, as far as it is known. */
  readonly os?: Os | undefined;
}

export function renderVersionPage(site: Site, version: ShownVersion): string {
  const { versionId, createdAt } = version;
  const heading = [
    h('h1', { dir: 'auto' }, versionId),
    h('p', { class: 'soft' }, 'Created ', day(createdAt)),
  ];
  return renderPage(site, pageOf(site, version, `Version ${versionId}`, heading));
}

export function renderChannelPage(
  site: Site,
  version: ShownVersion,
  channel: ShownChannel,
): string {
  const { versionId } = version;
  const { versionPath } = channel;
  const name = h('span', { dir: 'auto' }, versionId);
  const heading = [
    h('h1', { dir: 'auto' }, channel.channel),
    h(
      'p',
      { class: 'soft' },
      'This channel points at version ',
      versionPath === undefined ? name : h('a', { href: `${site.base}${versionPath}` }, name),
      ' since ',
      day(channel.updatedAt),
    ),
    version.isContinued ? null : downloadButton(channel),
  ];
  const title = `${channel.channel}: version ${versionId}`;
  return renderPage(site, pageOf(site, version, title, heading));
}

function downloadButton({ button, os }: ShownChannel): ComponentChild {
  if (button === undefined) {
    const why =
      os === undefined
        ? 'Choose the file for your computer from the list.'
        : `Choose from the list: no file is known to be for ${osName(os)}.`;
    return h('p', null, why);
  }
  const { filename, arch, size, href } = button;
  const what = os === undefined ? 'Download' : `Download for ${osName(os)}`;
  const about = [arch === 'any' ? undefined : arch, humanSize(size)].filter((word) => word);
  return h(
    'p',
    null,
    h('a', { class: 'button', href }, what),
    h('br', null),
    h('span', { class: 'soft' }, h('span', { dir: 'auto' }, filename), ` · ${about.join(' · ')}`),
  );
}

function pageOf(site: Site, version: ShownVersion, title: string, heading: ComponentChild[]): Page {
  const { versionId, createdAt, notes, minVersion, files, path } = version;
  const body = [
    heading,
    minVersion === undefined
      ? null
      : h(
          'p',
          null,
          'From a version before ',
          h('b', null, minVersion),
          ', install that one first.',
        ),
    notes === undefined || version.isContinued
      ? null
      : h(
          'section',
          { 'aria-labelledby': 'notes' },
          h('h2', { id: 'notes' }, 'Notes'),
          h('div', { class: 'notes', dir: 'auto' }, renderNotes(notes)),
        ),
    h('h2', { id: 'files' }, version.isContinued ? 'More files' : 'Files'),
    files.length === 0
      ? h('p', null, version.isContinued ? 'There are no more.' : 'This version has no files yet.')
      : fileList(files, { origin: site.url, needsToken: version.needsToken }),
    nextPage(site, path, version.nextCursor),
    files.length === 0 ? null : verifyAll(site, version),
  ];
  const systems = [...new Set(files.flatMap(({ os }) => (os === undefined ? [] : [osName(os)])))];
  return {
    title,
    description: `Files of version ${versionId}, from ${site.name}.`,
    path,
    subject: {
      '@type': 'SoftwareApplication',
      name: site.name,
      softwareVersion: versionId,
      datePublished: createdAt,
      url: `${site.url}${path}`,
      ...(systems.length > 0 && { operatingSystem: systems.join(', ') }),
    },
    body,
  };
}

function verifyAll(site: Site, { sumsPath, needsToken }: ShownVersion): ComponentChild {
  const url = shellWord(`${site.url}${sumsPath}`);
  const command = `curl ${needsToken ? '-n ' : ''}-fL ${url} | sha256sum -c --ignore-missing`;
  return h(
    'section',
    { 'aria-labelledby': 'verify' },
    h('h2', { id: 'verify' }, 'Verify what you downloaded'),
    h(
      'p',
      null,
      'In the folder with the files (macOS: ',
      h('code', null, 'shasum -a 256'),
      ' in place of ',
      h('code', null, 'sha256sum'),
      '; Windows: compare with ',
      h('code', null, 'certutil -hashfile FILE SHA256'),
      '):',
    ),
    h('pre', null, h('code', null, command)),
    needsToken
      ? h(
          'p',
          { class: 'soft' },
          'With ',
          h('code', null, '-n'),
          ', curl reads the token from ~/.netrc.',
        )
      : null,
  );
}
