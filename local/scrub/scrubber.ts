/** Runs the scrub beside the service: a round begins every SCRUB_DAYS, spread over that time. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScrubDeps, ScrubResult } from '../../core/scrub/scrub-package.ts';
import { costAfter, scrubRound } from '../../core/scrub/scrub-round.ts';
import type { Log } from '../../service/host/log.ts';
import { withinGrace } from '../start/stopping.ts';
import {
  newRound,
  readScrubNotes,
  type ScrubRoundNotes,
  withResult,
  writeScrubNotes,
} from './scrub-notes.ts';

export interface ScrubberOptions {
  readonly deps: Omit<ScrubDeps, 'pace'>;
  readonly log: Log;
  /** `.stowage/scrub.json`. */
  readonly notesPath: string;
  /** The days from the start of one round to the start of the next. 0: no scrub. */
  readonly days: number;
  /** @default a timer that keeps no process alive */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Whether the process is busy. @default measures the event loop */
  readonly isBusy?: () => boolean;
}

const DAY_MS = 86_400_000;
/** The first round waits, because a start has other work to do. */
const START_AFTER_MS = 5 * 60_000;
/** A round is planned to end early, because the machine may be off for a while. */
const SHARE_OF_TIME = 0.5;
/** The fastest a file is read, even if the round is late. */
const BYTES_PER_MS = (32 * 1024 * 1024) / 1000;
const BUSY_MS = 1000;
const BUSY_UTILIZATION = 0.5;
/** At most so many packages are checked again after the process was killed. */
const NOTE_EVERY = 64;
const NOTE_EVERY_MS = 60_000;
const LOOK_AGAIN_MS = 3_600_000;

export class Scrubber {
  readonly #options: ScrubberOptions;
  readonly #stopping = new AbortController();
  readonly #wait: (ms: number) => Promise<void>;
  readonly #isBusy: () => boolean;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ScrubberOptions) {
    const {
      wait = (ms, signal) => delay(ms, undefined, { signal, ref: false }),
      isBusy = eventLoopWatch(),
    } = options;
    this.#options = options;
    this.#isBusy = isBusy;
    this.#wait = async (ms) => {
      this.#stopping.signal.throwIfAborted();
      // A timer counts milliseconds in 31 bits.
      for (let left = ms; left >= 0; left -= DAY_MS)
        await wait(Math.min(left, DAY_MS), this.#stopping.signal);
      this.#stopping.signal.throwIfAborted();
    };
  }

  start(): void {
    if (this.#options.days > 0) this.#running = this.#run();
  }

  /** Interrupts the round, which goes on at the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('the scrub is stopping'));
    await withinGrace(this.#running, graceMs);
  }

  async #run(): Promise<void> {
    let next = START_AFTER_MS;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#wait(next);
        next = await this.#roundOrRest();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#options.log.error({ err: error }, 'the scrub failed, to be tried again');
        next = LOOK_AGAIN_MS;
      }
    }
  }

  /** @returns how long to wait until looking again */
  async #roundOrRest(): Promise<number> {
    const { notesPath, days } = this.#options;
    const last = await readScrubNotes(notesPath);
    const now = this.#now();
    if (last?.endedAt === undefined) {
      await this.#round(last ?? newRound(now.toISOString()));
      return 0;
    }
    const restMs = Date.parse(last.startedAt) + days * DAY_MS - now.getTime();
    // A clock that was set back must not keep the scrub from running.
    if (restMs > 0 && restMs <= days * DAY_MS) return Math.min(restMs, LOOK_AGAIN_MS);
    await this.#round(newRound(now.toISOString()));
    return 0;
  }

  async #round(begun: ScrubRoundNotes): Promise<void> {
    const { deps, log } = this.#options;
    const pacer = new Pacer(this.#wait, this.#isBusy);
    const paced = { ...deps, pace: (bytes: number) => pacer.pace(bytes) };
    let round = begun;
    let noted = { at: this.#now().getTime(), checked: 0 };
    let done = 0;
    const cost = await costAfter(paced, begun.place);
    const rest = this.#restOf(begun);
    const since = this.#now().getTime();
    try {
      for await (const { place, cost: costOfOne, ...result } of scrubRound(paced, begun.place)) {
        round = withResult(round, result, place);
        report(log, result);
        noted = { ...noted, checked: noted.checked + 1 };
        if (noted.checked >= NOTE_EVERY || this.#now().getTime() - noted.at >= NOTE_EVERY_MS) {
          await this.#note(round);
          noted = { at: this.#now().getTime(), checked: 0 };
        }
        done += costOfOne;
        // Waits at least one turn of the event loop, so that requests come first.
        const due = done < cost ? since + (done / cost) * rest : 0;
        await this.#wait(Math.max(0, due - this.#now().getTime()));
      }
    } catch (error) {
      await this.#note(round);
      throw error;
    }
    await this.#note({ ...round, endedAt: this.#now().toISOString() });
    log.info({ scrub: round.counts, startedAt: round.startedAt }, 'scrubbed');
  }

  /** On a full disk a round goes on without notes, and a restart repeats some of it. */
  async #note(round: ScrubRoundNotes): Promise<void> {
    try {
      await writeScrubNotes(this.#options.notesPath, round);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the progress of the scrub could not be saved');
    }
  }

  /** How long the rest of the round may take. */
  #restOf({ startedAt }: ScrubRoundNotes): number {
    const endsAt = Date.parse(startedAt) + this.#options.days * DAY_MS * SHARE_OF_TIME;
    return Math.max(0, endsAt - this.#now().getTime());
  }

  #now(): Date {
    return this.#options.deps.clock();
  }
}

/** Limits how fast a file is read, and pauses while the process is busy. */
class Pacer {
  readonly #wait: (ms: number) => Promise<void>;
  readonly #isBusy: () => boolean;

  constructor(wait: (ms: number) => Promise<void>, isBusy: () => boolean) {
    this.#wait = wait;
    this.#isBusy = isBusy;
  }

  async pace(bytes: number): Promise<void> {
    await this.#wait(bytes / BYTES_PER_MS);
    if (this.#isBusy()) await this.#wait(BUSY_MS);
  }
}

/** Whether the event loop was busy for most of the time since the last call. */
function eventLoopWatch(): () => boolean {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization > BUSY_UTILIZATION;
  };
}

function report(log: Log, { outcome, key, detail }: ScrubResult): void {
  const line = { scrub: outcome, key, detail };
  if (outcome === 'damaged') {
    log.error(
      { audit: true, ...line },
      'stored bytes are damaged; downloads of this package are refused',
    );
  } else if (outcome === 'missing') {
    log.error(line, 'the bytes of a published package are gone');
  } else if (outcome === 'unread') {
    log.warn(line, 'stored bytes could not be read');
  } else if (outcome === 'restored' || outcome === 'noted') {
    log.info({ audit: true, ...line }, 'stored bytes match the record again');
  }
}
