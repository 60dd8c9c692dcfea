/** The first page of a service, and the list of its versions. */
import { type ComponentChild, h } from 'preact';
import { day, nextPage, renderPage, type Site } from './page.ts';

export interface ListedVersion {
  readonly versionId: string;
  readonly createdAt: string;
  /** The path of its page, encoded. */
  readonly path: string;
}

interface ListedChannel {
  readonly channel: string;
  readonly versionId: string;
  readonly updatedAt: string;
  /** The path of its page, encoded. */
  readonly path: string;
}

export interface ShownIndex {
  readonly channels: readonly ListedChannel[];
  readonly versions: readonly ListedVersion[];
  /** Whether a token would show more. */
  readonly needsToken: boolean;
}

/** How a browser signs in: the same words wherever a token is missing. */
export const HOW_TO_SIGN_IN =
  'Your browser asks for a user name and a password: any user name will do, and the password is your token.';

export function renderIndexPage(site: Site, index: ShownIndex): string {
  const { channels, versions, needsToken } = index;
  const body = [
    h('h1', null, site.name),
    h(
      'p',
      null,
      'Release files to download. A channel always leads to the version that is current in it.',
    ),
    channels.length === 0
      ? null
      : [
          h('h2', null, 'Channels'),
          h(
            'ul',
            { class: 'list' },
            channels.map((one) => channelItem(site, one)),
          ),
        ],
    needsToken ? signIn(site) : newest(site, versions),
  ];
  const description = `Release files of ${site.name}, to download and verify.`;
  return renderPage(site, { title: site.name, description, path: '/', body });
}

export function renderVersionsPage(
  site: Site,
  versions: readonly ListedVersion[],
  place: { readonly isContinued: boolean; readonly nextCursor?: string | undefined },
): string {
  const rest = nextPage(site, '/packages', place.nextCursor);
  const body = [
    h('h1', null, 'All versions'),
    versions.length > 0
      ? versionList(site, versions)
      : h('p', null, place.isContinued || rest !== null ? 'None on this page.' : NOTHING_YET),
    rest,
  ];
  const description = `Every version that ${site.name} has, the newest first.`;
  return renderPage(site, { title: 'All versions', description, path: '/packages', body });
}

const NOTHING_YET = 'No version has been published yet.';

function newest(site: Site, versions: readonly ListedVersion[]): ComponentChild {
  if (versions.length === 0) {
    return [
      h('h2', null, 'Newest versions'),
      h('p', null, NOTHING_YET, ' A publisher begins with:'),
      h('pre', null, h('code', null, 'stowage push FILES --version VERSION')),
    ];
  }
  return [
    h('h2', null, 'Newest versions'),
    versionList(site, versions),
    h('p', null, h('a', { href: `${site.base}/packages` }, 'All versions')),
  ];
}

function signIn(site: Site): ComponentChild {
  return [
    h('h2', null, 'Sign in'),
    h('p', null, 'The versions of this service are for people with a token. ', HOW_TO_SIGN_IN),
    h('p', null, h('a', { class: 'button', href: `${site.base}/packages` }, 'Sign in')),
  ];
}

function versionList(site: Site, versions: readonly ListedVersion[]): ComponentChild {
  const items = versions.map(({ versionId, createdAt, path }) =>
    h(
      'li',
      null,
      h('a', { class: 'name', dir: 'auto', href: `${site.base}${path}` }, versionId),
      ' ',
      day(createdAt),
    ),
  );
  return h('ul', { class: 'list' }, items);
}

function channelItem(site: Site, channel: ListedChannel): ComponentChild {
  return h(
    'li',
    null,
    h('a', { class: 'name', dir: 'auto', href: `${site.base}${channel.path}` }, channel.channel),
    ' version ',
    h('span', { dir: 'auto' }, channel.versionId),
    ' since ',
    day(channel.updatedAt),
  );
}
