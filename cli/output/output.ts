/**
 * Prints results on stdout, notes and errors on stderr; with --json, only JSON on both. Sizes are
 * printed for people.
 */
import type { Writable } from 'node:stream';
import type { Fault } from './fault.ts';
import { printable, printableInLine, printableJson } from './printable.ts';

export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export class Output {
  readonly json: boolean;
  readonly #streams: OutputStreams;
  #erase: () => void = () => undefined;

  constructor(streams: OutputStreams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** Whether to draw a progress bar: stderr is a terminal. */
  get showsBars(): boolean {
    return !this.json && this.#streams.stderr.isTTY === true;
  }

  /**
   * Where the progress bar is drawn. Text written to it bypasses this class, so it must be
   * printable.
   */
  get terminal(): OutputStreams['stderr'] {
    return this.#streams.stderr;
  }

  /**
   * @param erase removes what is drawn on the terminal; called before each line that is printed.
   *   Nothing is drawn if it is left out
   */
  drawn(erase: () => void = () => undefined): void {
    this.#erase = erase;
  }

  /**
   * A line of the result, for people. It stays one line whatever it holds, so text from a service
   * cannot add another.
   */
  line(text: string): void {
    if (this.json) return;
    this.#erase();
    this.#streams.stdout.write(`${printableInLine(text)}\n`);
  }

  lines(...texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** The result for programs: one line of JSON. */
  document(value: unknown): void {
    if (this.json) this.#streams.stdout.write(`${printableJson(value)}\n`);
  }

  /** A line about the progress, for people; not part of the result. */
  note(text: string): void {
    if (this.json) return;
    this.#erase();
    this.#streams.stderr.write(`${printableInLine(text)}\n`);
  }

  fault(fault: Fault): void {
    const { code, message, hint, requestId } = fault;
    if (this.json) {
      this.#streams.stderr.write(
        `${printableJson({ error: { code, message, hint, requestId } })}\n`,
      );
      return;
    }
    this.#erase();
    // Indented, so that text from a service cannot look like another error.
    const indented = (text: string) => printable(text).replaceAll('\n', '\n  ');
    this.#streams.stderr.write(`stowage: ${indented(message)} (${printableInLine(code)})\n`);
    if (hint !== undefined) this.#streams.stderr.write(`  ${indented(hint)}\n`);
  }
}
