/**
 * Reads and writes the XML of S3 and CloudFront: elements with text, no attributes that matter, and
 * none of the elements that are read within another of the same name.
 */

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** What each element of that name holds, in order; not decoded. */
export function elementsIn(xml: string, name: string): string[] {
  const element = new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, 'gs');
  return [...xml.matchAll(element)].map(([, inner = '']) => inner);
}

/** The text of the first element of that name; undefined if it is missing or empty. */
export function textIn(xml: string, name: string): string | undefined {
  const [inner = ''] = elementsIn(xml, name);
  return inner === '' ? undefined : decode(inner);
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return NAMED[name] ?? all;
  });
}

/** @param inner already XML; an element without it is left out */
export function element(name: string, inner: string | undefined): string {
  return inner === undefined ? '' : `<${name}>${inner}</${name}>`;
}

export function encode(text: string): string {
  return text.replace(/[&<>"'\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
