/** The newest versions as an Atom feed (RFC 4287). */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { renderNotes } from './markdown.ts';
import type { Site } from './page.ts';

export interface FeedEntry {
  readonly versionId: string;
  readonly createdAt: string;
  readonly notes?: string | undefined;
  /** The path of its page, encoded. */
  readonly path: string;
}

/** RFC 4287 wants a moment also where nothing was published. */
const NEVER = '1970-01-01T00:00:00.000Z';

/** Longer notes are on the page of the version alone, so that the feed stays small. */
const MOST_NOTES = 16_384;

/** @param entries the newest first */
export function renderFeed(site: Site, entries: readonly FeedEntry[]): string {
  const self = `${site.url}/releases.atom`;
  const feed = h(
    'feed',
    { xmlns: 'http://www.w3.org/2005/Atom' },
    h('id', null, self),
    h('title', null, `Releases of ${site.name}`),
    h('updated', null, entries[0]?.createdAt ?? NEVER),
    h('author', null, h('name', null, site.name)),
    h('link', { rel: 'self', type: 'application/atom+xml', href: self }),
    h('link', { rel: 'alternate', type: 'text/html', href: `${site.url}/packages` }),
    entries.map((entry) => entryOf(site, entry)),
  );
  return `<?xml version="1.0" encoding="utf-8"?>\n${renderToString(feed)}`;
}

function entryOf(site: Site, { versionId, createdAt, notes, path }: FeedEntry) {
  const url = `${site.url}${path}`;
  return h(
    'entry',
    null,
    h('id', null, url),
    h('title', null, versionId),
    h('updated', null, createdAt),
    h('link', { rel: 'alternate', type: 'text/html', href: url }),
    notes === undefined || notes.length > MOST_NOTES
      ? h('summary', null, `Version ${versionId}`)
      : h('content', { type: 'html' }, renderToString(h('div', null, renderNotes(inXml(notes))))),
  );
}

/** Without what XML 1.0 (section 2.2) has no way to write. */
function inXml(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
}
