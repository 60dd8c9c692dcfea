/**
 * Text from a service may hold characters that control a terminal (escape sequences, bidi marks) or
 * are invisible (zero-width characters). They are printed as numbers. All output of the command
 * goes through here.
 */

/**
 * Controls, format characters, lone surrogates, line separators, and characters that are drawn as
 * nothing; not the selectors that choose how an emoji is drawn.
 */
const UNSEEN =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe00-\ufe0f]]/gv;

/** Keeps line ends and tabs. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) =>
    /[\n\t]/.test(character) ? character : writeAsNumber(character),
  );
}

/** Also prints line ends and tabs as numbers. */
export function printableInLine(text: string): string {
  return text.replace(UNSEEN, writeAsNumber);
}

/** One line of JSON with the same meaning, in which all such characters are escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, index) => unit(character.charCodeAt(index))).join(
      '',
    ),
  );
}

function writeAsNumber(character: string): string {
  return character.length === 1
    ? unit(character.charCodeAt(0))
    : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
