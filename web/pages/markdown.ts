/**
 * Notes in Markdown as elements. Only the elements below can come out: HTML in the notes is text, a
 * link leads to the web or to a mailbox, and a picture is a link, because pages load nothing.
 */
import MarkdownIt, { type Token } from 'markdown-it';
import { type ComponentChild, Fragment, h } from 'preact';

const markdown = new MarkdownIt({ html: false });

const ELEMENTS: ReadonlySet<string> = new Set(
  'p ul ol li blockquote em strong s table thead tbody tr th td'.split(' '),
);
const SAFE_PROTOCOLS: readonly string[] = ['http:', 'https:', 'mailto:'];
/** The headings of notes are below those of the page. */
const HEADINGS_DOWN = 2;
const LOWEST_HEADING = 6;

/** @param notes any text, of any source */
export function renderNotes(notes: string): ComponentChild {
  return nest(markdown.parse(notes, {}));
}

interface Open {
  readonly token: Token;
  readonly children: ComponentChild[];
}

/** Tokens are a flat list of openings, closings and leaves. */
function nest(tokens: readonly Token[]): ComponentChild {
  const root: ComponentChild[] = [];
  const open: Open[] = [];
  for (const token of tokens) {
    if (token.nesting === 1) {
      open.push({ token, children: [] });
      continue;
    }
    const closed = token.nesting === -1 ? open.pop() : undefined;
    const children = open.at(-1)?.children ?? root;
    children.push(closed === undefined ? leaf(token) : element(closed));
  }
  return h(Fragment, null, root);
}

function element({ token, children }: Open): ComponentChild {
  // The paragraphs of a list without blank lines.
  if (token.hidden) return h(Fragment, null, children);
  if (token.type === 'link_open') return link(token.attrGet('href'), children);
  if (token.type === 'heading_open') return h(headingBelow(token.tag), null, children);
  if (token.tag === 'ol') return h('ol', startOf(token), children);
  return h(ELEMENTS.has(token.tag) ? token.tag : Fragment, null, children);
}

function leaf(token: Token): ComponentChild {
  switch (token.type) {
    case 'inline':
      return nest(token.children ?? []);
    case 'code_inline':
      return h('code', null, token.content);
    case 'code_block':
    case 'fence':
      return h('pre', null, h('code', null, token.content));
    case 'softbreak':
      return '\n';
    case 'hardbreak':
      return h('br', null);
    case 'hr':
      return h('hr', null);
    case 'image':
      return link(token.attrGet('src'), token.content === '' ? 'picture' : token.content);
    default:
      return token.content;
  }
}

/** Where the address is not safe, its text alone. */
function link(address: string | number | null, text: ComponentChild): ComponentChild {
  const href = safeAddress(String(address));
  if (href === undefined) return h(Fragment, null, text);
  return h('a', { href, rel: 'nofollow noopener noreferrer' }, text);
}

/** Read as a browser reads it, so that nothing hides in spaces, escapes or case. */
function safeAddress(address: string): string | undefined {
  const url = URL.parse(address);
  return url !== null && SAFE_PROTOCOLS.includes(url.protocol) ? url.href : undefined;
}

function headingBelow(tag: string): string {
  return `h${Math.min(Number(tag.slice(1)) + HEADINGS_DOWN, LOWEST_HEADING)}`;
}

function startOf(token: Token): { readonly start?: number } {
  const start = Number(token.attrGet('start') ?? Number.NaN);
  return Number.isSafeInteger(start) ? { start } : {};
}
