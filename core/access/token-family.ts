/** Which token made which: the makers above each, with which it is revoked. Knows no catalog. */
import type { TokenRecord } from '../records.ts';

/** Describes the tokens that it was given, as they were at that moment. */
export class TokenFamily {
  readonly #byId: ReadonlyMap<string, TokenRecord>;
  readonly #makers = new Map<string, readonly string[]>();

  constructor(tokens: readonly TokenRecord[]) {
    this.#byId = new Map(tokens.map((token) => [token.tokenId, token]));
  }

  /** tokenIds, the first maker first. */
  makersOf(token: TokenRecord): readonly string[] {
    const known = this.#makers.get(token.tokenId);
    if (known !== undefined) return known;
    // Set first: a damaged record that names itself as its maker ends here.
    this.#makers.set(token.tokenId, []);
    const makers = token.makers ?? this.#makersBy(token.createdBy);
    this.#makers.set(token.tokenId, makers);
    return makers;
  }

  /**
   * The tokens that one of `tokenIds` made, directly or not. The most distant come first, so that a
   * token exists until all that it made are gone.
   */
  madeBy(tokenIds: ReadonlySet<string>): readonly TokenRecord[] {
    return [...this.#byId.values()]
      .filter((token) => this.makersOf(token).some((maker) => tokenIds.has(maker)))
      .sort((left, right) => this.makersOf(right).length - this.makersOf(left).length);
  }

  #makersBy(createdBy: string): readonly string[] {
    const maker = this.#byId.get(createdBy);
    return maker === undefined ? [createdBy] : [...this.makersOf(maker), createdBy];
  }
}
