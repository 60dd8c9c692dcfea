/** The port that proves tokens of other issuers (OpenID Connect), such as those of a CI system. */

/** What a token says about the job that it was given to. */
export type Claims = Readonly<Record<string, unknown>>;

/** How far the clock of an issuer may differ from ours. */
export const CLOCK_TOLERANCE_SECONDS = 60;

export interface IdTokens {
  /**
   * @param issuer whose keys must have signed it
   * @param audience the only one that it may have
   * @throws UNAUTHENTICATED that says what is wrong with the token, UNAVAILABLE if the keys of the
   *   issuer can't be read
   */
  verify(token: string, issuer: string, audience: string): Promise<Claims>;
}
