/**
 * Logs failed tokens and dropped connections: once a minute and in a few lines, however many there
 * were.
 */
import type { FailedTokens } from '../core/access/failed-tokens.ts';
import type { Log } from '../service/host/log.ts';

export interface Pressure {
  readonly failedTokens: FailedTokens;
  readonly server: { readonly droppedConnections: number };
}

const EVERY_MS = 60_000;
/** Further addresses are only in the total. */
const ADDRESSES_NAMED = 20;

/** Begins, without keeping the process alive. @returns a function that reports the rest and ends */
export function reportPressure(
  { failedTokens, server }: Pressure,
  log: Log,
  everyMs = EVERY_MS,
): () => void {
  let reported = 0;
  const report = () => {
    reportTokens(failedTokens, log);
    const droppedSinceStart = server.droppedConnections;
    if (droppedSinceStart === reported) return;
    log.warn(
      { dropped: droppedSinceStart - reported, droppedSinceStart },
      'connections were dropped: there were too many',
    );
    reported = droppedSinceStart;
  };
  const timer = setInterval(report, everyMs).unref();
  return () => {
    clearInterval(timer);
    report();
  };
}

function reportTokens(failures: FailedTokens, log: Log): void {
  const report = failures.takeReport();
  if (report === undefined) return;
  const { addresses, ...sum } = report;
  for (const one of addresses.slice(0, ADDRESSES_NAMED))
    log.warn(one, 'tokens from this address were refused');
  log.warn({ ...sum, addresses: addresses.length }, 'tokens were refused');
}
