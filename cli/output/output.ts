/** Where a command's words go: results on stdout, notes and faults on stderr; with --json nothing but JSON on either. */
import type { Writable } from 'node:stream';
import type { Fault } from '../fault.ts';

export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export class Output {
  readonly json: boolean;
  readonly #streams: OutputStreams;

  constructor(streams: OutputStreams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** A bar may be drawn: somebody looks at stderr. */
  get showsBars(): boolean {
    return !this.json && this.#streams.stderr.isTTY === true;
  }

  /** A line of the result, for people. */
  line(text: string): void {
    if (!this.json) this.#streams.stdout.write(`${printable(text)}\n`);
  }

  /** The result for programs: one line of JSON. */
  document(value: unknown): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Tells people what goes on; no part of the result. */
  note(text: string): void {
    if (!this.json) this.#streams.stderr.write(`${printable(text)}\n`);
  }

  fault(fault: Fault): void {
    const { code, message, hint, requestId } = fault;
    if (this.json) {
      this.#streams.stderr.write(`${JSON.stringify({ error: { code, message, hint, requestId } })}\n`);
      return;
    }
    this.#streams.stderr.write(`stowage: ${printable(message)} (${code})\n`);
    if (hint !== undefined) this.#streams.stderr.write(`  ${printable(hint)}\n`);
  }
}

/** Names of others may hold what a terminal obeys (escape sequences): those characters show as their numbers. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
