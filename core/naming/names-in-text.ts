/** Finds filenames in the text of feeds, whatever their format is. */
import { encodeName } from './filenames.ts';

/** A name that reads alike in a URL, in JSON and in XML. */
const PLAIN = /^[A-Za-z0-9_.-]+$/;
const INSIDE_A_NAME = /[\p{L}\p{N}_.+-]/u;
const WORDS = /[\p{L}\p{N}_.+-]+/gu;

/** Whether a text has a name as a word of its own, as it is or as in a URL, in JSON or in XML. */
export class NamesInText {
  readonly #text: string;
  #words: ReadonlySet<string> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  has(name: string): boolean {
    if (PLAIN.test(name)) {
      // Once for all names: a version has thousands of files.
      this.#words ??= new Set(this.#text.match(WORDS));
      return this.#words.has(name);
    }
    const forms = [
      name,
      encodeURI(name),
      encodeName(name),
      JSON.stringify(name).slice(1, -1),
      name.replaceAll('&', '&amp;'),
    ];
    return [...new Set(forms)].some((form) => hasWord(this.#text, form));
  }
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = [text.charAt(at - 1), text.charAt(at + word.length)];
    if (!around.some((character) => INSIDE_A_NAME.test(character))) return true;
  }
  return false;
}
