/** When two names mean one multipart upload: a store may list it by a shorter name than `beginMultipart` gave it. */

/** What stands between the store's own name of an upload and what its driver has added to it. */
export const UPLOAD_ID_MARK = '|';

/** Whether `listed` (of a leftover) is the upload that `uploadId` (of a record) names: the same text, or its beginning up to the mark. */
export function isSameUpload(listed: string, uploadId: string): boolean {
  return uploadId === listed || uploadId.startsWith(`${listed}${UPLOAD_ID_MARK}`);
}
