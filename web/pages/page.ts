/** The frame of every page: head, links to the other pages, and the body in between. */
import { type ComponentChild, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { STYLE } from './style.ts';

/** The service, as its visitors reach it. */
export interface Site {
  /** What visitors call it: the host, with its port. */
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  /** The path of `url`, which begins every link. Empty where the service has the whole host. */
  readonly base: string;
}

export interface Page {
  readonly title: string;
  /** One sentence, for previews of links. */
  readonly description: string;
  /** The path of the page, encoded, without the base. */
  readonly path: string;
  /** What the page is about, in the words of https://schema.org. */
  readonly subject?: object;
  readonly body: ComponentChild;
}

/** @param publicUrl without a slash at its end */
export function siteAt(publicUrl: string): Site {
  const { host, pathname } = new URL(publicUrl);
  return { name: host, url: publicUrl, base: pathname === '/' ? '' : pathname };
}

export function renderPage(site: Site, page: Page): string {
  const { title, description, path, subject, body } = page;
  const fullTitle = title === site.name ? title : `${title} · ${site.name}`;
  const property = (name: string, content: string) => h('meta', { property: name, content });
  const head = h(
    'head',
    null,
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('title', null, fullTitle),
    h('meta', { name: 'description', content: description }),
    property('og:title', fullTitle),
    property('og:description', description),
    property('og:type', 'website'),
    property('og:site_name', site.name),
    property('og:url', `${site.url}${path}`),
    // Without it browsers ask for /favicon.ico.
    h('link', { rel: 'icon', href: 'data:,' }),
    h('link', {
      rel: 'alternate',
      type: 'application/atom+xml',
      title: `Releases of ${site.name}`,
      href: `${site.base}/releases.atom`,
    }),
    h('style', null, STYLE),
    subject === undefined ? null : dataBlock(subject),
  );
  const document = h(
    'html',
    { lang: 'en' },
    head,
    h(
      'body',
      null,
      h(
        'header',
        null,
        h('a', { class: 'name', href: `${site.base}/` }, site.name),
        h('a', { href: `${site.base}/packages` }, 'All versions'),
        h('a', { href: `${site.base}/releases.atom` }, 'Feed'),
      ),
      h('main', null, body),
      h('footer', null, 'Stored by Stowage. Each file was checked before it was published.'),
    ),
  );
  return `<!doctype html>${renderToString(document)}`;
}

/**
 * JSON-LD. Browsers never run a data block (https://html.spec.whatwg.org/#data-block), and its text
 * is not decoded, so the characters that mean something to the parser are written as JSON escapes.
 */
function dataBlock(subject: object) {
  const json = JSON.stringify({ '@context': 'https://schema.org', ...subject });
  const text = json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return h('script', { type: 'application/ld+json', dangerouslySetInnerHTML: { __html: text } });
}

/** A moment, by its day. @param at RFC 3339 in UTC */
export function day(at: string) {
  return h('time', { dateTime: at }, at.slice(0, 10));
}

/** The link to the rest of a list. @returns nothing at its end */
export function nextPage(site: Site, path: string, cursor: string | undefined) {
  if (cursor === undefined) return null;
  const href = `${site.base}${path}?cursor=${encodeURIComponent(cursor)}`;
  return h('p', null, h('a', { rel: 'next', href }, 'Next page'));
}
