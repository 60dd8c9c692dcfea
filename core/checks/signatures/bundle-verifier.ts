/** The port of what verifies Sigstore bundles: it takes megabytes of code, and only runs in the background. */

/** What a bundle that was verified says, and who says it. */
export interface SignedBundle {
  /** Who proved the identity of the signer: such as the OpenID Connect issuer of CI jobs. */
  readonly issuer: string;
  /** The signer: an e-mail address, or the URL of a workflow. */
  readonly identity: string;
  /** What was signed: a statement about files, or the bytes of one file. */
  readonly statement?: string;
}

/** Passes on all bytes of the file that a bundle signs. */
export type EachPiece = (look: (piece: Uint8Array) => void) => Promise<void>;

export interface BundleVerifier {
  /**
   * @param bundle the JSON of one bundle
   * @param eachPiece read where the bundle signs the bytes of a file, and no statement
   * @returns what is wrong with it, as text that goes on after the name of the file
   */
  verify(bundle: string, eachPiece: EachPiece): Promise<SignedBundle | string>;
}
