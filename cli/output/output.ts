/** Where a command's words go: results on stdout, notes and faults on stderr; with --json nothing but JSON on either. */
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

  constructor(streams: OutputStreams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** A bar may be drawn: somebody looks at stderr. */
  get showsBars(): boolean {
    return !this.json && this.#streams.stderr.isTTY === true;
  }

  /**
   * Where a bar is drawn. What is written to it goes past this class: it must be printable already.
   */
  get terminal(): OutputStreams['stderr'] {
    return this.#streams.stderr;
  }

  /**
   * A line of the result, for people. It is one line whatever it holds: text of others can not add
   * another.
   */
  line(text: string): void {
    if (!this.json) this.#streams.stdout.write(`${printableInLine(text)}\n`);
  }

  lines(...texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** The result for programs: one line of JSON. */
  document(value: unknown): void {
    if (this.json) this.#streams.stdout.write(`${printableJson(value)}\n`);
  }

  /** Says to people what goes on, in one line; no part of the result. */
  note(text: string): void {
    if (!this.json) this.#streams.stderr.write(`${printableInLine(text)}\n`);
  }

  fault(fault: Fault): void {
    const { code, message, hint, requestId } = fault;
    if (this.json) {
      this.#streams.stderr.write(
        `${printableJson({ error: { code, message, hint, requestId } })}\n`,
      );
      return;
    }
    // Indented, so that no text of others can look like a fault of its own.
    const indented = (text: string) => printable(text).replaceAll('\n', '\n  ');
    this.#streams.stderr.write(`stowage: ${indented(message)} (${printableInLine(code)})\n`);
    if (hint !== undefined) this.#streams.stderr.write(`  ${indented(hint)}\n`);
  }
}
