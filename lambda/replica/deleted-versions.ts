/** Reads the removed versions from S3 events, as EventBridge delivers them or as a queue does. */
import * as z from 'zod/mini';
import { ServiceError } from '../../core/errors.ts';

export interface DeletedVersion {
  readonly key: string;
  readonly versionId: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectDeleted = z.object({
  'detail-type': z.literal('Object Deleted'),
  detail: z.object({
    'deletion-type': z.string(),
    object: z.object({ key: z.string(), 'version-id': z.optional(z.string()) }),
  }),
});

const Queued = z.object({ Records: z.array(z.object({ body: z.string() })) });

/**
 * Leaves out delete markers, which S3 itself replicates.
 * @throws INVALID_INPUT where it is no such event
 */
export function deletedVersions(event: unknown): readonly DeletedVersion[] {
  const queued = Queued.safeParse(event);
  const events = queued.success ? queued.data.Records.map(({ body }) => parseBody(body)) : [event];
  return events.flatMap((one) => {
    const parsed = ObjectDeleted.safeParse(one);
    if (!parsed.success) {
      const wrong = z.prettifyError(parsed.error);
      throw new ServiceError(
        'INVALID_INPUT',
        `the event is not one of S3's Object Deleted: ${wrong}`,
      );
    }
    const { 'deletion-type': type, object } = parsed.data.detail;
    const versionId = object['version-id'];
    return type === 'Permanently Deleted' && versionId !== undefined
      ? [{ key: object.key, versionId }]
      : [];
  });
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ServiceError('INVALID_INPUT', 'the queue holds a message that is no JSON', { cause });
  }
}
