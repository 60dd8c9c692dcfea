/** Opens what proves the tokens of jobs; it is loaded with the first token that is exchanged. */
import type { Clock } from '../core/clock.ts';
import type { IdTokens } from '../core/ports/id-tokens.ts';

/** @param allowPrivate whether issuers may be in private networks */
export function openIdTokens(clock: Clock, allowPrivate: boolean): IdTokens {
  let opened: Promise<IdTokens> | undefined;
  const open = async () => {
    const { OidcIssuers } = await import('../storage/oidc/oidc-issuers.ts');
    return new OidcIssuers({ clock, allowPrivate });
  };
  return {
    verify: async (token, issuer, audience) => {
      opened ??= open();
      return (await opened).verify(token, issuer, audience);
    },
  };
}
