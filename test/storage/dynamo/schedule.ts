/** Runs several processes that share one DynamoDB table, request by request, in an order that a test chooses. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bodyOf } from './wire.ts';

type Handle = DynamoDBClient['config']['requestHandler']['handle'];
type Request = Parameters<Handle>[0];

/** One process: what it does, and the request that it waits to send. */
class Process {
  readonly name: string;
  #next: (() => void) | undefined;
  #isDone = false;
  #wake: () => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  start(work: Promise<unknown>): void {
    const done = () => {
      this.#isDone = true;
      this.#wake();
    };
    work.then(done, done);
  }

  /** Resolves when the test lets the request go. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#next = resolve;
      this.#wake();
    });
  }

  /** Resolves once it waits for its turn, or has ended. @returns whether it waits */
  async waits(): Promise<boolean> {
    while (this.#next === undefined && !this.#isDone)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#next !== undefined;
  }

  go(): void {
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  /** Its request is never sent, and it does nothing from now on. */
  crash(): void {
    this.#isDone = true;
    this.#next = undefined;
  }
}

export class Schedule {
  readonly #processes: Process[] = [];
  readonly #isStep: (body: string) => boolean;
  /** What was sent, in order: `A PutItem`. */
  readonly trace: string[] = [];
  /** How many choices there were at each step. */
  readonly widths: number[] = [];

  /** @param isStep which requests wait for a turn; others are sent at once */
  constructor(isStep: (body: string) => boolean = () => true) {
    this.#isStep = isStep;
  }

  /** A process whose requests, sent by `client`, wait for their turn. */
  run(name: string, client: DynamoDBClient, work: () => Promise<unknown>): void {
    const one = new Process(name);
    gateOf(client).gate = async (request) => {
      if (!this.#isStep(bodyOf(request))) return;
      await one.turn();
      this.trace.push(`${name} ${request.headers['x-amz-target']?.split('.')[1] ?? ''}`);
    };
    this.#processes.push(one);
    one.start(work());
  }

  /**
   * Lets one process at a time send its next request, until all have ended.
   * @param choose which of the processes, by its place among those that wait; or its crash, by that
   *   place and `crash`
   */
  async play(choose: (waiting: number) => number | { readonly crash: number }): Promise<void> {
    for (;;) {
      const waiting: Process[] = [];
      for (const one of this.#processes) if (await one.waits()) waiting.push(one);
      if (waiting.length === 0) return;
      this.widths.push(waiting.length);
      const choice = choose(waiting.length);
      if (typeof choice === 'number') waiting[choice]?.go();
      else {
        const crashed = waiting[choice.crash];
        crashed?.crash();
        this.trace.push(`${crashed?.name} crashes`);
      }
    }
  }
}

interface Gate {
  /** Resolves when a request may be sent. */
  gate: (request: Request) => Promise<void>;
}

const gates = new WeakMap<DynamoDBClient, Gate>();

/** A client is wrapped once, and may run in many schedules. */
function gateOf(client: DynamoDBClient): Gate {
  const known = gates.get(client);
  if (known !== undefined) return known;
  const made: Gate = { gate: async () => {} };
  gates.set(client, made);
  const handler = client.config.requestHandler;
  const inner = handler.handle.bind(handler);
  handler.handle = async (request: Request, options: Parameters<Handle>[1]) => {
    await made.gate(request);
    return inner(request, options);
  };
  return made;
}

/** Every order: calls `run` with the choices of one order after the other. @returns how many there were */
export async function everyOrder(
  run: (choose: (waiting: number) => number) => Promise<readonly number[]>,
): Promise<number> {
  let path: readonly number[] = [];
  for (let orders = 1; ; orders += 1) {
    const taken: number[] = [];
    const widths = await run(() => {
      taken.push(path[taken.length] ?? 0);
      return taken.at(-1) ?? 0;
    });
    const last = taken.findLastIndex((choice, step) => choice + 1 < (widths[step] ?? 0));
    if (last < 0) return orders;
    path = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}
