/** Who gets a page: those who ask for HTML by name, and prefer it. Everyone else gets JSON. */

const QUALITY = /^q=([01](?:\.\d{0,3})?)$/;
/** What HttpURLConnection of Java sends for programs that name nothing. They read JSON. */
const DEFAULT_OF_JAVA = 'text/html, image/gif, image/jpeg,';

/** @param accept the header (RFC 9110 section 12.5.1); a wildcard never asks for a page */
export function wantsHtml(accept: string | undefined): boolean {
  const asked = accept?.toLowerCase();
  // Most requests end here.
  if (asked === undefined || !asked.includes('text/html')) return false;
  if (asked.startsWith(DEFAULT_OF_JAVA)) return false;
  const ranges = asked.split(',').map(parseRange);
  const qualityOf = (type: string) => ranges.find((range) => range.type === type)?.quality ?? 0;
  return qualityOf('text/html') > qualityOf('application/json');
}

function parseRange(range: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, quality: quality === undefined ? 1 : Number(QUALITY.exec(quality)?.[1] ?? 0) };
}
