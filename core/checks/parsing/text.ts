/** The text of a feed, read within limits. */
import { isUtf8 } from 'node:buffer';
import type { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';

/** Feeds are small; what is larger is not read into memory. */
export const FEED_BYTES_MAX = 4 * 1024 * 1024;
const LINE_CHARS_MAX = 1024 * 1024;

/** Something is wrong at a line (from 1) of a text. */
export interface Fault {
  readonly line: number;
  readonly detail: string;
}

/** Whether a parser refused a text. */
export function isFault(parsed: object): parsed is Fault {
  return 'detail' in parsed && 'line' in parsed;
}

export const BOM = '\uFEFF';

/** The text, with its byte order mark if it has one; undefined where it can't be read, which is noted. */
export async function readText(
  files: Pick<VersionFiles, 'read'>,
  file: VersionFile,
  findings: Findings,
): Promise<string | undefined> {
  if (file.size > FEED_BYTES_MAX) {
    const sizes = `has ${file.size} bytes, and files of up to ${FEED_BYTES_MAX} bytes are checked`;
    findings.fail(undefined, `${sizes}; publish a feed with fewer entries or shorter notes`);
    return undefined;
  }
  return decode(await files.read(file), findings);
}

/** As `readText`, and parsed; undefined where either fails, which is noted. */
export async function readParsed<Parsed extends object>(
  files: Pick<VersionFiles, 'read'>,
  file: VersionFile,
  findings: Findings,
  parse: (text: string) => Parsed | Fault,
): Promise<Parsed | undefined> {
  const text = await readText(files, file, findings);
  const parsed = text === undefined ? undefined : parse(text);
  if (parsed === undefined || !isFault(parsed)) return parsed;
  findings.fail(parsed.line, parsed.detail);
  return undefined;
}

/** As `readText`, for bytes that were read. */
export function decode(bytes: Buffer, findings: Findings): string | undefined {
  const fault = faultIn(bytes);
  if (fault === undefined) return bytes.toString('utf8');
  findings.fail(fault.line, fault.detail);
  return undefined;
}

function faultIn(bytes: Buffer): Fault | undefined {
  const nul = bytes.indexOf(0);
  if (nul >= 0)
    return {
      line: linesBefore(bytes, nul) + 1,
      detail: 'holds a NUL byte, so it is no text in UTF-8; save it as UTF-8',
    };
  let line = 0;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const piece = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (piece.length > LINE_CHARS_MAX)
      return {
        line: line + 1,
        detail: `this line has ${piece.length} bytes, allowed are ${LINE_CHARS_MAX}`,
      };
    if (!isUtf8(piece))
      return { line: line + 1, detail: 'holds bytes that are not UTF-8; save it as UTF-8' };
    start += piece.length + 1;
  }
  return undefined;
}

function linesBefore(bytes: Buffer, offset: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < offset; at = bytes.indexOf(0x0a, at + 1))
    lines++;
  return lines;
}

/** Without the byte order mark that some tools write. */
export function withoutBom(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}
