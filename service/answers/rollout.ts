/** What answers say to caches while a channel rolls out a version: they depend on who asks. */
import type { RolloutGroup } from '../../core/rollouts/audience.ts';
import type { OpenedChannel } from '../chain/public-access.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { ChainServices } from '../host/services.ts';

const NAMES = 'x-user-staging-id, x-stowage-client-id';

/** The request of which the log says to which group its client belongs. */
interface Noted {
  rollout: RolloutGroup | undefined;
}

/** Answers with a signed URL keep `no-store`, which forbids more. */
export function forOneClient(
  services: Pick<ChainServices, 'countRollout'>,
  request: Noted,
  { group }: OpenedChannel,
  answer: HandlerResult,
): HandlerResult {
  if (group === undefined) return answer;
  request.rollout = group;
  services.countRollout?.(group);
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
