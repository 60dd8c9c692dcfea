/** Text of others may hold what a terminal obeys (escape sequences, bidi marks): those characters show as their numbers. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
const COMMANDS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(COMMANDS, (character) => (/[\n\t]/.test(character) ? character : numbered(character)));
}

/** Line ends and tabs show as numbers too. */
export function printableInLine(text: string): string {
  return text.replace(COMMANDS, numbered);
}

function numbered(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
