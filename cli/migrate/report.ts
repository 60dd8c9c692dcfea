/**
 * Reports the results of a migration: each one as a line of the report file, failures to the user
 * at once, and the totals at the end.
 */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { humanSize } from '../../core/human-size.ts';
import { type CopyResult, isFailure, type OutcomeName } from '../../core/migrate/copy/outcome.ts';
import type { Output } from '../output/output.ts';

export interface Amounts {
  readonly files: number;
  readonly bytes: number;
}

export interface Sum {
  /** By outcome; only the last outcome of each key counts. */
  readonly outcomes: Readonly<Partial<Record<OutcomeName, Amounts>>>;
  readonly leftAlone: number;
  /** Files that are not where they should be. */
  readonly failed: number;
  /** Bytes that were sent to the target. */
  readonly sentBytes: number;
  readonly ms: number;
}

/** In the order in which the totals are printed. */
const WORDS: { readonly [name in OutcomeName]: string } = {
  moved: 'moved',
  copied: 'copied',
  entered: 'entered',
  turned: 'turned back',
  removed: 'removed from the source',
  planned: 'would be done',
  kept: 'have to stay for a while',
  there: 'there already',
  gone: 'deleted meanwhile',
  stopped: 'stopped',
  corrupt: 'corrupt',
  missing: 'missing',
  occupied: 'occupied by other bytes',
  changed: 'changed meanwhile',
  unreadable: 'unreadable',
  failed: 'failed',
};

export class Report {
  readonly #output: Output;
  readonly #file: WriteStream | undefined;
  readonly #amounts = new Map<OutcomeName, { files: number; bytes: number }>();
  /** Reported as failures; a later pass may still succeed with them. */
  readonly #failed = new Map<string, CopyResult>();
  readonly #startedAt = performance.now();
  #leftAlone = 0;
  #sentBytes = 0;

  /** @param path of the report file, which is overwritten */
  constructor(output: Output, path: string | undefined) {
    this.#output = output;
    this.#file = path === undefined ? undefined : createWriteStream(path);
  }

  /** @throws if the report file cannot be written */
  async open(): Promise<void> {
    if (this.#file !== undefined) await once(this.#file, 'open');
  }

  async add(outcome: CopyResult): Promise<void> {
    const { key, size, sentBytes } = outcome;
    const before = this.#failed.get(key);
    if (before !== undefined) this.#count(before, -1);
    this.#failed.delete(key);
    this.#count(outcome, 1);
    if (isFailure(outcome)) {
      this.#failed.set(key, outcome);
      this.#reportFailure(outcome);
    }
    const { sha256, ms, detail, outcome: name } = outcome;
    await this.#write({ outcome: name, key, sha256, bytes: size, sentBytes, ms, detail });
  }

  /** Counts bytes that the target has accepted, of any file. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** Reports something in the source that is no package. */
  leaveAlone(name: string, what: string): void {
    this.#leftAlone += 1;
    this.#output.document({ outcome: 'left-alone', name, detail: what });
    this.#output.line(`left alone: ${name}: ${what}`);
    this.#file?.write(`${JSON.stringify({ outcome: 'left-alone', key: name, detail: what })}\n`);
  }

  get sum(): Sum {
    return {
      outcomes: Object.fromEntries(
        (Object.keys(WORDS) as OutcomeName[]).flatMap((name) => {
          const amounts = this.#amounts.get(name);
          return amounts === undefined || amounts.files === 0 ? [] : [[name, { ...amounts }]];
        }),
      ),
      leftAlone: this.#leftAlone,
      failed: this.#failed.size,
      sentBytes: this.#sentBytes,
      ms: Math.round(performance.now() - this.#startedAt),
    };
  }

  /** Prints the totals, and closes the file. */
  async end(): Promise<Sum> {
    if (this.#file !== undefined) {
      this.#file.end();
      await finished(this.#file);
    }
    const { sum } = this;
    this.#output.document(sum);
    this.#output.line(sentence(sum));
    return sum;
  }

  #count({ outcome, size }: CopyResult, by: 1 | -1): void {
    const amounts = this.#amounts.get(outcome) ?? { files: 0, bytes: 0 };
    amounts.files += by;
    amounts.bytes += by * size;
    this.#amounts.set(outcome, amounts);
  }

  #reportFailure({ outcome, key, detail }: CopyResult): void {
    this.#output.document({ outcome, key, detail });
    this.#output.line(`${outcome}: ${key}: ${detail ?? 'no more is known'}`);
  }

  async #write(line: object): Promise<void> {
    if (this.#file?.write(`${JSON.stringify(line)}\n`) === false) await once(this.#file, 'drain');
  }
}

function sentence({ outcomes, leftAlone, sentBytes, ms }: Sum): string {
  const parts = Object.entries(outcomes).map(
    ([name, { files, bytes }]) => `${files} ${WORDS[name as OutcomeName]} (${humanSize(bytes)})`,
  );
  if (leftAlone > 0) parts.push(`${leftAlone} left alone`);
  const did = parts.length === 0 ? 'nothing to do' : parts.join(', ');
  return `${did}; sent ${humanSize(sentBytes)} in ${(ms / 1000).toFixed(1)} s`;
}
