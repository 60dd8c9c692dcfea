/**
 * Text from a service may hold what a terminal obeys (escape sequences, bidi marks) or what is
 * invisible (zero-width characters). Those characters show as their numbers. All that the command
 * prints goes through here.
 */

/**
 * Controls, format characters, halves of characters, line separators, and what is drawn as nothing;
 * not how an emoji is drawn.
 */
const UNSEEN =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe00-\ufe0f]]/gv;

/** Line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) =>
    /[\n\t]/.test(character) ? character : numbered(character),
  );
}

/** Line ends and tabs show as numbers too. */
export function printableInLine(text: string): string {
  return text.replace(UNSEEN, numbered);
}

/** One line of JSON that means the same, and in which every such character is an escape. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, index) => unit(character.charCodeAt(index))).join(
      '',
    ),
  );
}

function numbered(character: string): string {
  return character.length === 1
    ? unit(character.charCodeAt(0))
    : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
