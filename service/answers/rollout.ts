/** What answers say to caches while a channel rolls out a version: they depend on who asks. */
import type { ChannelRecord } from '../../core/records.ts';
import type { HandlerResult } from '../host/handler.ts';

const NAMES = 'x-user-staging-id, x-stowage-client-id';

/** Answers with a signed URL keep `no-store`, which forbids more. */
export function forOneClient(channel: ChannelRecord, answer: HandlerResult): HandlerResult {
  if (channel.rollout === undefined) return answer;
  const { vary, 'cache-control': cacheControl } = answer.headers ?? {};
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'cache-control': cacheControl === 'no-store' ? 'no-store' : 'private, no-cache',
      vary: vary === undefined ? NAMES : `${vary}, ${NAMES}`,
    },
  };
}
