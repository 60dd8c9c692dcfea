/** Pages as a browser reads them: parsed by the rules of HTML, not searched as text. */
import { gunzipSync } from 'node:zlib';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { OperationId } from '../../../api/routes.ts';
import type { CallOptions } from '../events.ts';
import type { Answer, House } from '../house.ts';

/** What Chromium sends for a page. */
const BROWSER = {
  accept:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
};

/** An element of a page. */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of itself and everything in it. */
  readonly text: string;
  readonly all: readonly Element[];
}

export type Page = Element;

export function browse(
  house: House,
  operation: OperationId,
  options: CallOptions = {},
): Promise<Answer> {
  return house.call(operation, { ...options, headers: { ...BROWSER, ...options.headers } });
}

/** The page of an answer. @throws where it is none */
export function pageOf({ headers, text, raw }: Answer): Page {
  const type = headers['content-type'];
  if (type !== 'text/html; charset=utf-8') throw new Error(`no page, but ${type}: ${text}`);
  const html = raw.isBase64Encoded ? gunzipSync(Buffer.from(text, 'base64')).toString() : text;
  return readHtml(html);
}

export function readHtml(html: string): Page {
  return read(parse(html));
}

function read(node: DefaultTreeAdapterTypes.Node): Element {
  const children = 'childNodes' in node ? node.childNodes : [];
  const inner = 'content' in node ? [...children, ...node.content.childNodes] : children;
  const read_ = inner.map(read);
  const attributes = 'attrs' in node ? node.attrs.map(({ name, value }) => [name, value]) : [];
  const text = 'value' in node ? node.value : read_.map((child) => child.text).join('');
  return {
    tag: node.nodeName,
    attributes: Object.fromEntries(attributes),
    text,
    all: read_.flatMap((child) => [child, ...child.all]),
  };
}

export function elements(page: Page, tag: string): readonly Element[] {
  return page.all.filter((element) => element.tag === tag);
}

/** Where the links with this text lead. */
export function linksNamed(page: Page, text: string): readonly (string | undefined)[] {
  return elements(page, 'a')
    .filter((link) => link.text === text)
    .map((link) => link.attributes['href']);
}
