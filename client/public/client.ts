/** What the package exports as `stowage/client`. Nothing in this repository imports it but its tests. */
// biome-ignore-start lint/performance/noBarrelFile: bundlers drop what a page does not use
export { type DigestOptions, FileHash, sha256OfFile } from '../hashing/file-hash.ts';
export type { HashWorker, StartWorker } from '../hashing/start-worker.ts';
export * from '../stowage-client.ts';
export {
  isStowageError,
  StowageError,
  type StowageErrorCode,
  type StowageErrorDetails,
} from '../stowage-error.ts';
export { FileUpload, type NewUpload, type UploadState } from '../uploader/file-upload.ts';
export type { GivenToken } from '../uploader/kept-token.ts';
export {
  createUploader,
  Uploader,
  type UploaderEvents,
  type UploaderOptions,
} from '../uploader/uploader.ts';
// biome-ignore-end lint/performance/noBarrelFile: bundlers drop what a page does not use
