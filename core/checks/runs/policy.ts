/** What a channel asks of versions, as an admin sets it. */
import type { ChannelPolicy } from '../../checked.ts';
import { ServiceError } from '../../errors.ts';
import { parseEd25519Key } from '../signatures/ed25519.ts';
import { parseMinisignKey } from '../signatures/minisign.ts';

/** @throws INVALID_INPUT where a key is none */
export function requirePolicy({ minisign, ed25519 }: ChannelPolicy): void {
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
}
