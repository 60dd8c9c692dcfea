/** The name under which a pulled file may stand: a plain name in the chosen folder, whatever the record says. */
import { failure } from '../fault.ts';

/** Separators, controls, line separators and bidi marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
const NEVER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/;
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const NOT_ON_WINDOWS = /[<>:"|?*]|[ .]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** @throws Fault where a file of that name can't stand in a folder, or would stand elsewhere */
export function safeFilename(filename: string, platform: NodeJS.Platform = process.platform): string {
  const isUnsafe = filename === '' || filename === '.' || filename === '..' || NEVER.test(filename);
  if (!isUnsafe && !(platform === 'win32' && NOT_ON_WINDOWS.test(filename))) return filename;
  throw failure('UNSAFE_NAME', `the recorded filename ${JSON.stringify(filename)} can't be used here`, {
    hint: 'fetch the link with another tool, under a name of your choice: stowage show prints it',
  });
}
