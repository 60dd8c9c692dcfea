/** Writes into the log what tokens failed: once a minute, a few lines at most, however many there were. */
import type { FailedTokens } from '../core/failed-tokens.ts';
import type { Log } from '../lambda/log.ts';

const EVERY_MS = 60_000;
/** The others are in the sum alone. */
const ADDRESSES_NAMED = 20;

/** Begins; keeps no process alive. @returns what reports the rest, and ends */
export function reportFailedTokens(failures: FailedTokens, log: Log, everyMs = EVERY_MS): () => void {
  const report = () => writeReport(failures, log);
  const timer = setInterval(report, everyMs).unref();
  return () => {
    clearInterval(timer);
    report();
  };
}

function writeReport(failures: FailedTokens, log: Log): void {
  const report = failures.takeReport();
  if (report === undefined) return;
  const { addresses, ...sum } = report;
  for (const one of addresses.slice(0, ADDRESSES_NAMED)) log.warn(one, 'tokens from this address were refused');
  log.warn({ ...sum, addresses: addresses.length }, 'tokens were refused');
}
