/**
 * Checks the name of a pulled file. Whatever the record says, it must be a plain name in the chosen
 * folder.
 */
import { INVISIBLE } from '../../core/naming/filenames.ts';
import { failure } from '../output/fault.ts';

export interface NameOptions {
  /**
   * Accept names that are only surprising, but none that would be written elsewhere.
   * @default false
   */
  readonly takesAny?: boolean;
  readonly platform?: NodeJS.Platform;
}

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const NOT_ON_WINDOWS = /[<>:"|?*]|[ .]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Valid names that can do harm: a shell reads `-rf` as an option, and `ls` does not list `.bashrc`.
 */
const SURPRISES: readonly (readonly [RegExp, string])[] = [
  [/^\./, 'it begins with a dot, so it is hidden, and programs may read it as their settings'],
  [/^-/, 'it begins with a dash, so commands take it for an option'],
  [
    /[[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\ufe00-\ufe0f]]/v,
    'it holds invisible characters, so it can look like another name',
  ],
];

/**
 * @throws Fault if the name is impossible, leads out of the folder, or is surprising
 */
export function safeFilename(filename: string, options: NameOptions = {}): string {
  const { takesAny = false, platform = process.platform } = options;
  const isPlain = !/^\.{0,2}$|[/\\]/.test(filename) && !INVISIBLE.test(filename);
  if (!isPlain || (platform === 'win32' && NOT_ON_WINDOWS.test(filename))) {
    throw failure(
      'UNSAFE_NAME',
      `the recorded filename ${JSON.stringify(filename)} can't be used here`,
      {
        hint: 'fetch the link with another tool, under a name of your choice: stowage show prints it',
      },
    );
  }
  const [, surprise] = SURPRISES.find(([pattern]) => pattern.test(filename)) ?? [];
  if (surprise === undefined || takesAny) return filename;
  throw failure(
    'UNSAFE_NAME',
    `the recorded filename ${JSON.stringify(filename)} is not used: ${surprise}`,
    {
      hint: 'if you trust who published it, pull it with --allow-any-name; nothing has been pulled',
    },
  );
}
