/** What a channel asks of versions, as an admin sets it. */
import type { ChannelPolicy, SigstorePolicy } from '../../checked.ts';
import { ServiceError, shorten } from '../../errors.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { parseEd25519Key } from '../signatures/ed25519.ts';
import { parseMinisignKey } from '../signatures/minisign.ts';

/** A policy as JSON has it. */
type GivenPolicy = {
  readonly [Name in Exclude<keyof ChannelPolicy, 'sigstore'>]?: ChannelPolicy[Name] | undefined;
} & {
  readonly sigstore?:
    | {
        readonly issuer: string;
        readonly identity: string;
        readonly predicateType?: string | undefined;
      }
    | undefined;
};

/** @throws INVALID_INPUT where a key is none, or the signer is anyone */
export function readPolicy({ sigstore, ...others }: GivenPolicy): ChannelPolicy {
  const { issuer = '', identity = '', predicateType } = sigstore ?? {};
  // In one order, so that the same policy is the same text.
  const signer = { issuer, identity, ...withoutUndefined({ predicateType }) };
  const policy = {
    ...withoutUndefined(others),
    ...(sigstore !== undefined && { sigstore: signer }),
  };
  requirePolicy(policy);
  return policy;
}

function requirePolicy({ feeds, minisign, ed25519, sigstore }: ChannelPolicy): void {
  if (minisign !== undefined && parseMinisignKey(minisign) === undefined)
    throw new ServiceError(
      'INVALID_INPUT',
      `policy.minisign must be the content of the .pub file of minisign or tauri signer, or its last line, got ${JSON.stringify(minisign.slice(0, 80))}`,
    );
  if (ed25519 !== undefined && parseEd25519Key(ed25519) === undefined)
    throw new ServiceError(
      'INVALID_INPUT',
      `policy.ed25519 must be 32 bytes in base64 (SUPublicEDKey of the app), got ${JSON.stringify(ed25519.slice(0, 80))}`,
    );
  if (sigstore !== undefined) requireSigstore(sigstore, feeds);
}

function requireSigstore({ issuer, identity }: SigstorePolicy, feeds: boolean | undefined): void {
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:')
    throw new ServiceError(
      'INVALID_INPUT',
      `policy.sigstore.issuer must be an https URL, such as https://token.actions.githubusercontent.com, got ${shorten(issuer)}`,
    );
  if (/^\**$/.test(identity))
    throw new ServiceError(
      'INVALID_INPUT',
      `policy.sigstore.identity must say who signs, such as https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/tags/*, got ${shorten(identity)}, which lets everyone sign`,
    );
  if (feeds === false)
    throw new ServiceError(
      'INVALID_INPUT',
      'policy.sigstore asks for signatures, and policy.feeds false checks none: leave out one of both',
    );
}
