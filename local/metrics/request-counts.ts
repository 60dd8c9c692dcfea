/**
 * Counts answered requests by route and status, their time and their bytes. The way of a request
 * through it is two look-ups in maps and some additions.
 */
import type { Family, Sample } from './exposition.ts';

export interface Answered {
  /**
   * The id of the operation; `blobUpload` and `blobDownload` for signed URLs of files on this
   * machine; `none` for other paths.
   */
  readonly route: string;
  /** 499 if the client left before there was an answer. */
  readonly status: number;
  readonly ms: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Upper bounds in milliseconds. Files take seconds to minutes, answers a millisecond. */
const BOUNDS_MS = [1, 5, 25, 100, 500, 2500, 10_000, 60_000, 600_000] as const;

interface RouteCounts {
  readonly statuses: Map<number, number>;
  /** How many took as long as each bound, and longer than the one before; the last: longer than all. */
  readonly took: number[];
  ms: number;
  receivedBytes: number;
  sentBytes: number;
}

/** What another process counted. */
export type CountedRequests = ReadonlyMap<string, RouteCounts>;

export class RequestCounts {
  #routes = new Map<string, RouteCounts>();

  add({ route, status, ms, receivedBytes, sentBytes }: Answered): void {
    const counts = this.#of(route);
    counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
    let bound = 0;
    while (bound < BOUNDS_MS.length && ms > (BOUNDS_MS[bound] ?? 0)) bound += 1;
    counts.took[bound] = (counts.took[bound] ?? 0) + 1;
    counts.ms += ms;
    counts.receivedBytes += receivedBytes;
    counts.sentBytes += sentBytes;
  }

  /** What was counted since the last call, or undefined if that is nothing. */
  take(): CountedRequests | undefined {
    if (this.#routes.size === 0) return undefined;
    const taken = this.#routes;
    this.#routes = new Map();
    return taken;
  }

  /** Adds what another process counted. */
  addAll(counted: CountedRequests): void {
    for (const [route, more] of counted) {
      const counts = this.#of(route);
      for (const [status, count] of more.statuses)
        counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + count);
      for (const [bound, count] of more.took.entries())
        counts.took[bound] = (counts.took[bound] ?? 0) + count;
      counts.ms += more.ms;
      counts.receivedBytes += more.receivedBytes;
      counts.sentBytes += more.sentBytes;
    }
  }

  families(): readonly Family[] {
    const routes = [...this.#routes].sort(([left], [right]) => (left < right ? -1 : 1));
    const ofRoutes = (value: (counts: RouteCounts) => number): readonly Sample[] =>
      routes.map(([route, counts]) => ({ labels: { route }, value: value(counts) }));
    return [
      {
        name: 'stowage_http_requests_total',
        type: 'counter',
        help: 'Answered requests.',
        samples: routes.flatMap(([route, { statuses }]) =>
          [...statuses].map(([status, value]) => ({
            labels: { route, status: `${status}` },
            value,
          })),
        ),
      },
      {
        name: 'stowage_http_request_duration_seconds',
        type: 'histogram',
        help: 'Time from the head of a request to the end of its answer.',
        samples: routes.flatMap(([route, counts]) => histogramOf(route, counts)),
      },
      {
        name: 'stowage_http_received_bytes_total',
        type: 'counter',
        help: 'Bytes of request bodies.',
        samples: ofRoutes(({ receivedBytes }) => receivedBytes),
      },
      {
        name: 'stowage_http_sent_bytes_total',
        type: 'counter',
        help: 'Bytes of answers.',
        samples: ofRoutes(({ sentBytes }) => sentBytes),
      },
    ];
  }

  #of(route: string): RouteCounts {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const took = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0);
    const made = { statuses: new Map(), took, ms: 0, receivedBytes: 0, sentBytes: 0 };
    this.#routes.set(route, made);
    return made;
  }
}

function histogramOf(route: string, { took, ms }: RouteCounts): readonly Sample[] {
  let sum = 0;
  const buckets = took.map((count, index) => {
    sum += count;
    const bound = BOUNDS_MS[index];
    const le = bound === undefined ? '+Inf' : `${bound / 1000}`;
    return { suffix: '_bucket', labels: { route, le }, value: sum } as const;
  });
  return [
    ...buckets,
    { suffix: '_sum', labels: { route }, value: ms / 1000 },
    { suffix: '_count', labels: { route }, value: sum },
  ];
}
