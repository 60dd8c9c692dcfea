/** An S3 server that the suite has started, and what is needed to speak to it. */
export interface S3Server {
  /** As test output names it. */
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}
