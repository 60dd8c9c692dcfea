/** Limits the retention of uploads to the time for which the store keeps their parts. */
import type { Limits, Settings } from '../../core/settings.ts';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import type { Log } from '../../service/host/log.ts';

/** The limits to use. Differences from the settings are logged. It sends the store one request. */
export async function limitsOfStore<Some extends Limits>(
  limits: Some,
  settings: Settings,
  log: Log,
): Promise<Some> {
  const { storage, uploadRetentionSeconds: set, uploadRetentionIsSet = false } = settings;
  if (storage.type !== 's3' || storage.s3Endpoint === undefined) return limits;
  const { staleUploads } = await import('../../storage/s3/probing/probe-bucket.ts');
  const stale = await staleUploads(s3Settings(storage));
  if (stale === undefined || stale.keptSeconds >= set) return limits;
  const { server, keptSeconds } = stale;
  const fact = `${server} drops uploads in parts ${keptSeconds} seconds after they begin, unless its stale_uploads_expiry says otherwise`;
  if (uploadRetentionIsSet) {
    log.warn(
      { uploadRetentionSeconds: set },
      `${fact}: set it to what UPLOAD_RETENTION_SECONDS promises`,
    );
    return limits;
  }
  const uploadRetentionSeconds = Math.max(keptSeconds, limits.uploadTtlSeconds);
  log.warn(
    { uploadRetentionSeconds },
    `${fact}: uploads are kept for that long instead of ${set} seconds; for more, set both it and UPLOAD_RETENTION_SECONDS`,
  );
  return { ...limits, uploadRetentionSeconds };
}
