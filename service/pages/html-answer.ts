/** HTML as an answer: compressed where the browser takes that, revalidated each time, and shut off from everything else. */
import { hash } from 'node:crypto';
import { STYLE } from '../../web/pages/style.ts';
import { isKnown } from '../answers/conditional.ts';
import { takesGzip } from '../answers/content-coding.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';

/**
 * Nothing is loaded and nothing runs. The one style is named by its hash, and the icon is empty
 * (`data:,`), so that browsers ask for none.
 */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const ALWAYS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

export interface HtmlOptions {
  /** What the ETag is made of. @default the page */
  readonly tagged?: string;
  /** Request headers, beside the usual ones, that the page depends on. */
  readonly varying?: readonly string[];
}

/** 200 with a page, or 304. */
export function answerHtml(
  headers: Headers,
  html: string,
  { tagged = html, varying = [] }: HtmlOptions = {},
): HandlerResult {
  // Weak: one tag for the page in each content coding.
  const etag = `W/"${hash('sha256', tagged, 'base64url')}"`;
  const validators = {
    etag,
    'cache-control': 'private, no-cache',
    vary: ['Accept', 'Authorization', 'Accept-Encoding', ...varying].join(', '),
  };
  if (isKnown(headers['if-none-match'], etag)) return { statusCode: 304, headers: validators };
  return compress(headers, { statusCode: 200, headers: { ...ALWAYS, ...validators }, body: html });
}

/** A page in place of a problem, with the status and the headers that a problem has. */
export function htmlProblem(
  headers: Headers,
  statusCode: number,
  problemHeaders: Readonly<Record<string, string>>,
  html: string,
): HandlerResult {
  const all = { ...problemHeaders, ...ALWAYS, vary: 'Accept, Authorization, Accept-Encoding' };
  return compress(headers, { statusCode, headers: all, body: html });
}

function compress(
  headers: Headers,
  result: HandlerResult & { readonly body: string },
): HandlerResult {
  if (!takesGzip(headers['accept-encoding'])) return result;
  // An import would load it when a function starts: a bundle keeps nothing of Node for later.
  const { gzipSync } = process.getBuiltinModule('node:zlib');
  return {
    ...result,
    headers: { ...result.headers, 'content-encoding': 'gzip' },
    body: gzipSync(result.body).toString('base64'),
    isBase64Encoded: true,
  };
}
