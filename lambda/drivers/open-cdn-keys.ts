/** Opens the CDN's keys on AWS: the keyring's secret, CloudFront's public keys and key groups. */
import { randomBytes } from 'node:crypto';
import { CloudFront } from '../../storage/cdn/cloudfront.ts';
import { CloudFrontKeyGroups } from '../../storage/cdn/cloudfront-key-groups.ts';
import { CloudFrontPublicKeys } from '../../storage/cdn/cloudfront-public-keys.ts';
import { SecretKeyring } from '../../storage/cdn/secret-keyring.ts';
import { systemClock } from './open-catalog.ts';
import { signedRequests } from './signed-requests.ts';

/** @param isNew whether a secret without a keyring is an empty one: to make the first keys */
export function openCdnKeys(secretId: string, isNew = false) {
  const cloudFront = new CloudFront(signedRequests('CLOUDFRONT'));
  return {
    keyring: new SecretKeyring({ secretId, isNew, ...signedRequests('SECRETS_MANAGER') }),
    publicKeys: new CloudFrontPublicKeys(cloudFront),
    keyGroups: new CloudFrontKeyGroups(cloudFront),
    clock: systemClock,
    newName: (groupName: string) => `${groupName}-${randomBytes(4).toString('hex')}`,
  };
}
