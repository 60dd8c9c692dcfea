/** The URLs that settings may hold. */

/** Returns a `PLAIN_URL` without its trailing slashes, and undefined for any other text. */
export function asPlainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  const isPlain = url.username === '' && url.password === '' && !/[?#\s]/.test(text);
  return isPlain ? url.href.replace(/\/+$/, '') : undefined;
}

export const PLAIN_URL = 'an http or https URL without credentials, query and hash';
