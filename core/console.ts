/**
 * How the files of the console are served, by the server on one machine and by the distribution.
 * Imports nothing, so that constructs can share it.
 */

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  md: 'text/plain; charset=utf-8',
};
/** esbuild puts the hash of its content into the name of a script or style. */
const HASHED = /-[A-Z0-9]{8}\.(?:js|css)$/;

/** The page of the console. */
export const CONSOLE_PAGE = 'index.html';

/** Where the page says which service it works with; empty: the one that serves it. */
const NAMED_SERVICE = '<meta name="stowage-api" content="">';

export interface ConsoleFileHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
}

export function consoleFileHeaders(name: string): ConsoleFileHeaders {
  return {
    contentType: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    cacheControl: HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** @param connectTo the origins, beside its own, to which the console may send requests */
export function consolePolicy(connectTo: readonly string[]): string {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    connectSource(connectTo),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types stowage-console',
  ];
  return policy.join('; ');
}

/** The security headers of the console's files beside those that every server has a setting for. */
export const CONSOLE_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
} as const;

/**
 * The page for a service that has another origin. It may send requests to that service and its
 * storage alone, whatever else the headers of its own host allow.
 * @throws Error where the page has no place for the name
 */
export function pageOfService(page: string, api: string, storage: string): string {
  if (!page.includes(NAMED_SERVICE)) throw new Error(`the page has no ${NAMED_SERVICE}`);
  const allowed = connectSource([new URL(api).origin, new URL(storage).origin]);
  const tags = [
    `<meta http-equiv="Content-Security-Policy" content="${allowed}">`,
    `<meta name="stowage-api" content="${new URL(api).href}">`,
  ];
  return page.replace(NAMED_SERVICE, () => tags.join('\n    '));
}

function connectSource(origins: readonly string[]): string {
  return `connect-src ${["'self'", ...new Set(origins)].join(' ')}`;
}
