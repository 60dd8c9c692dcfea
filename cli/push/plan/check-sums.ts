/** A SHA256SUMS among the files to push: the service makes its own, so it must say the same. */
import type { Problem } from './find-files.ts';

export const SUMS = 'SHA256SUMS';

/** A file, and what `sha256sum` says of it. */
export interface Sum {
  readonly filename: string;
  readonly sha256: string;
}

/**
 * @param text what the file holds
 * @param pushed the other files
 * @returns why it is refused; undefined if it is what the service would make of the pushed files, in any order
 */
export function problemOfSums(
  path: string,
  text: string,
  pushed: readonly Sum[],
): Problem | undefined {
  const why = differenceOf(text, pushed);
  if (why === undefined) return undefined;
  return {
    path,
    code: 'INVALID_INPUT',
    message: `${path} differs from the ${SUMS} that the service makes: ${why}`,
    hint: 'make it again from the files to push, or leave it out: the service makes one of its own',
  };
}

function differenceOf(text: string, pushed: readonly Sum[]): string | undefined {
  const wanted = new Map(pushed.map(({ filename, sha256 }) => [filename, sha256]));
  const seen = new Set<string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const sum = parseSum(line);
    if (sum === undefined) return `line ${index + 1} is no line of sha256sum`;
    const { filename, sha256 } = sum;
    const expected = wanted.get(filename);
    if (expected === undefined) return `it names ${filename}, which is not pushed with it`;
    if (expected !== sha256)
      return `it has the SHA-256 ${sha256} for ${filename}, and the file has ${expected}`;
    seen.add(filename);
  }
  const missing = [...wanted.keys()].find((filename) => !seen.has(filename));
  return missing === undefined ? undefined : `it does not name ${missing}`;
}

/** As `sha256sum` and `shasum -b` write it; a backslash before a line says that its name is escaped. */
function parseSum(line: string): Sum | undefined {
  const [, escaped, sha256, name] = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/.exec(line) ?? [];
  if (sha256 === undefined || name === undefined) return undefined;
  const bare = escaped === '\\' ? name.replaceAll('\\\\', '\\') : name;
  return { filename: bare.replace(/^\.\//, '').normalize('NFC'), sha256: sha256.toLowerCase() };
}
