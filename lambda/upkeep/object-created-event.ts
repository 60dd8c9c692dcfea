/** The event of EventBridge for a new object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
import * as z from 'zod/mini';

/** Other fields are ignored. */
const objectCreated = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    /** Not encoded, unlike in the notifications of S3 itself. */
    object: z.object({ key: z.string() }),
  }),
});

export interface ObjectCreated {
  readonly bucket: string;
  readonly key: string;
}

/** @returns undefined for what is no such event */
export function readObjectCreated(event: unknown): ObjectCreated | undefined {
  const { success, data } = objectCreated.safeParse(event);
  return success ? { bucket: data.detail.bucket.name, key: data.detail.object.key } : undefined;
}
