/** Counts what happens at the ports: a catalog that counts uploads as they end, a store that counts links as they are signed. */
import type { BlobStore } from '../../core/ports/blob-store.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { METRICS } from './metric-names.ts';
import type { WriteMetrics } from './write-metrics.ts';

/**
 * The same catalog. Each upload ends by one conditional write that one caller wins (core/publishing/publish.ts), so it is counted once,
 * whoever ends it. A restore makes a package available too, but expects it yanked, not on its way.
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

/** The same store. */
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

/** Drivers keep their state in private fields, which no object made of them by `Object.create` or a spread would reach. */
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
