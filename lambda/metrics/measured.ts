/** Counting at the ports: a catalog that counts uploads as they end, a store that counts links. */
import type { CountFailures } from '../../core/access/authenticator.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { RolloutGroup } from '../../core/rollouts/audience.ts';
import { METRICS, type MetricName } from './metric-names.ts';
import type { WriteMetrics } from './write-metrics.ts';

/**
 * The same catalog, with a counter. An upload ends by a conditional write that one caller wins
 * (core/publishing/publish.ts), so each upload is counted once. A restore also makes a package
 * available, but it expects the state yanked, and is not counted.
 */
export function countingUploads<Some extends Pick<Catalog, 'changePackage'>>(
  catalog: Some,
  measure: WriteMetrics,
): Some {
  const changePackage: Catalog['changePackage'] = async (ref, expected, change) => {
    const record = await catalog.changePackage(ref, expected, change);
    if (record === undefined || !expected.states.includes('pending')) return record;
    if (change.state === 'available')
      measure({ [METRICS.uploads]: 1, [METRICS.uploadedBytes]: record.size });
    if (change.state === 'rejected')
      measure({ [METRICS.rejections]: 1 }, record.rejection?.code ?? 'UNKNOWN');
    return record;
  };
  return overriding(catalog, 'changePackage', changePackage);
}

/** The same store, with a counter. */
export function countingLinks<Some extends Pick<BlobStore, 'signDownload'>>(
  store: Some,
  measure: WriteMetrics,
): Some {
  const signDownload: BlobStore['signDownload'] = async (key, terms, expiresInSeconds) => {
    const request = await store.signDownload(key, terms, expiresInSeconds);
    measure({ [METRICS.links]: 1 });
    return request;
  };
  return overriding(store, 'signDownload', signDownload);
}

/** Counts refused tokens for an authenticator; API Gateway's throttles bound them. */
export function countingRefusals(measure: WriteMetrics): CountFailures {
  return {
    add() {
      measure({ [METRICS.refusedTokens]: 1 });
      return undefined;
    },
  };
}

const GROUPS = {
  inside: METRICS.rolloutInside,
  outside: METRICS.rolloutOutside,
  'without-id': METRICS.rolloutWithoutId,
} as const satisfies Record<RolloutGroup, MetricName>;

/** Counts the answers that depend on a rollout. */
export function countingRollouts(measure: WriteMetrics): (group: RolloutGroup) => void {
  return (group) => measure({ [GROUPS[group]]: 1 });
}

/** A proxy, because drivers have private fields: a spread or `Object.create` would not reach them. */
function overriding<Some extends object>(
  driver: Some,
  method: keyof Some,
  override: unknown,
): Some {
  return new Proxy(driver, {
    get(target, name) {
      if (name === method) return override;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
