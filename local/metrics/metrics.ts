/** What a server counts about itself, as Prometheus reads it. */
import { RELEASE } from '../../core/release.ts';
import type { Log } from '../../service/host/log.ts';
import { type Family, writeMetrics } from './exposition.ts';
import { one, processFamilies } from './process-figures.ts';
import { RequestCounts } from './request-counts.ts';
import { FailureCounts } from './watch-failures.ts';

export interface MeasuredParts {
  readonly server: { readonly droppedConnections: number };
  /** Uploads under way by state. @default the catalog can't count them at once */
  readonly countUploads?: () => Promise<ReadonlyMap<string, number>>;
  /** Bytes that uploads may still take. @default files are elsewhere */
  readonly freeBytes?: () => Promise<number>;
  readonly log: Log;
}

export class Metrics {
  readonly requests = new RequestCounts();
  readonly #failures = new FailureCounts();

  /** The same store or catalog, whose failed calls are counted. */
  readonly watch = <Part extends object>(name: 'store' | 'catalog', part: Part): Part =>
    this.#failures.watch(name, part);

  async text(parts: MeasuredParts): Promise<string> {
    return writeMetrics(await this.#families(parts));
  }

  async #families({ server, countUploads, freeBytes, log }: MeasuredParts) {
    const release = { version: RELEASE, node: process.versions.node };
    const uploads = await figure(log, countUploads);
    const free = await figure(log, freeBytes);
    const families: readonly Family[] = [
      {
        name: 'stowage_build_info',
        type: 'gauge',
        help: 'The release that runs.',
        samples: [{ labels: release, value: 1 }],
      },
      ...this.requests.families(),
      one(
        'stowage_http_dropped_connections_total',
        'counter',
        'Connections that were closed because there were too many.',
        server.droppedConnections,
      ),
      {
        name: 'stowage_uploads',
        type: 'gauge',
        help: 'Uploads that are not published, by the state of their package.',
        samples: [...(uploads ?? [])].map(([state, value]) => ({ labels: { state }, value })),
      },
      ...(free === undefined
        ? []
        : [
            one(
              'stowage_free_bytes',
              'gauge',
              'Bytes that uploads may still take on the disk.',
              free,
            ),
          ]),
      ...this.#failures.families(),
      ...(await processFamilies()),
    ];
    return families;
  }
}

/** A figure that can't be had is left out: the others say more when something is broken. */
async function figure<Value>(
  log: Log,
  read: (() => Promise<Value>) | undefined,
): Promise<Value | undefined> {
  try {
    return await read?.();
  } catch (error) {
    log.warn({ err: error }, 'a figure of /metrics could not be read');
    return undefined;
  }
}
