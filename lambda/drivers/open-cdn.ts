/** Opens the signer of links to the CDN. */
import type { Log } from '../../service/host/log.ts';
import { CachedKeyring } from '../../storage/cdn/cached-keyring.ts';
import { CdnSigner } from '../../storage/cdn/cdn-signer.ts';
import { SecretKeyring } from '../../storage/cdn/secret-keyring.ts';
import { systemClock } from './open-catalog.ts';
import { signedRequests } from './signed-requests.ts';

export interface CdnSettings {
  /** Host of the distribution. */
  readonly domain: string;
  /** Name or ARN of the secret. */
  readonly keyring: string;
  readonly staleSeconds: number;
}

/** Reads the keyring at the first link, so that nothing else waits for it. */
export function openCdn({ domain, keyring, staleSeconds }: CdnSettings, log: Log): CdnSigner {
  const clock = systemClock;
  const onFault = (error: unknown) =>
    log.warn({ err: error }, 'the keyring could not be read again; the old one goes on');
  const source = new SecretKeyring({ secretId: keyring, ...signedRequests('SECRETS_MANAGER') });
  return new CdnSigner({
    domain,
    clock,
    keyring: new CachedKeyring({ source, clock, staleSeconds, onFault }),
  });
}
