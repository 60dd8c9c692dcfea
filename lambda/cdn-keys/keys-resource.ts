/** The CDN's keys as a resource of CloudFormation: made with the stack, kept by updates, removed with it. No answer holds a private key. */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import pRetry from 'p-retry';
import {
  type FirstKeysDeps,
  makeFirstKeys,
  removeAllKeys,
} from '../../core/cdn-keys/first-keys.ts';
import { signerOf } from '../../core/cdn-keys/keyring.ts';
import type { KeyGroup } from '../../core/cdn-keys/ports.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';

export interface KeysResourceDeps extends FirstKeysDeps {
  readonly keyGroups: FirstKeysDeps['keyGroups'] & { group(groupId: string): KeyGroup };
  /** Between two tries to remove what CloudFront still holds in use; doubled each time. @default 2000 */
  readonly pauseMs?: number;
}

/** What CloudFormation is told. */
export type ResourceAnswer =
  | {
      readonly Status: 'SUCCESS';
      readonly PhysicalResourceId: string;
      readonly Data?: { readonly KeyGroupId: string };
    }
  | { readonly Status: 'FAILED'; readonly PhysicalResourceId: string; readonly Reason: string };

/** Until the distribution's end is known everywhere; with 2 s to begin with some two minutes. */
const REMOVAL_TRIES = 6;
const PAUSE_MS = 2000;
/** Of a create that failed: CloudFormation then deletes what it is told exists. */
const NOTHING = 'nothing-was-made';

/** Never throws: CloudFormation would wait an hour for an answer. @param open gives what is worked on, as far as it can be had */
export async function changeKeys(
  event: CloudFormationCustomResourceEvent,
  open: () => KeysResourceDeps,
): Promise<ResourceAnswer> {
  const physicalId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : NOTHING;
  try {
    return await change(event, open());
  } catch (error) {
    return { Status: 'FAILED', PhysicalResourceId: physicalId, Reason: messageOf(error) };
  }
}

async function change(
  event: CloudFormationCustomResourceEvent,
  deps: KeysResourceDeps,
): Promise<ResourceAnswer> {
  const { NamePrefix: groupName, Retain: retain } = event.ResourceProperties;
  if (typeof groupName !== 'string' || groupName === '') {
    throw new ServiceError('INVALID_INPUT', 'property NamePrefix must be a text that is not empty');
  }
  switch (event.RequestType) {
    case 'Create':
      return made(await create(deps, groupName));
    case 'Update':
      return made(await keep(deps, event.PhysicalResourceId));
    case 'Delete':
      if (retain !== 'true') await remove(deps, groupName, idOf(event.PhysicalResourceId));
      return { Status: 'SUCCESS', PhysicalResourceId: event.PhysicalResourceId };
  }
}

/** What was made of a create that fails goes at once: CloudFormation knows nothing of it. What somebody else is making is theirs: events come twice. */
async function create(deps: KeysResourceDeps, groupName: string): Promise<string> {
  try {
    return await makeFirstKeys(deps, groupName);
  } catch (error) {
    if (isServiceError(error, 'CONFLICT')) throw error;
    await remove(deps, groupName).catch((cause: unknown) => {
      const left = `what was made of ${groupName} could not be removed: ${messageOf(cause)}`;
      throw new ServiceError('INTERNAL', `${messageOf(error)}; ${left}`, { cause });
    });
    throw error;
  }
}

/** Keys move by rotation alone. Only a keyring that was replaced by an empty one gets new ones, into the group that the CDN trusts. */
async function keep(deps: KeysResourceDeps, groupId: string): Promise<string> {
  const { keyring } = await deps.keyring.read();
  if (signerOf(keyring) !== undefined) return groupId;
  const { name } = await deps.keyGroups.group(groupId).read();
  return makeFirstKeys(deps, name);
}

function remove(deps: KeysResourceDeps, groupName: string, groupId?: string): Promise<void> {
  return pRetry(() => removeAllKeys(deps, groupName, groupId), {
    retries: REMOVAL_TRIES,
    minTimeout: deps.pauseMs ?? PAUSE_MS,
    shouldRetry: ({ error }) => isServiceError(error, 'CONFLICT', 'UNAVAILABLE'),
  });
}

function idOf(physicalId: string): string | undefined {
  return physicalId === NOTHING ? undefined : physicalId;
}

function made(groupId: string): ResourceAnswer {
  return { Status: 'SUCCESS', PhysicalResourceId: groupId, Data: { KeyGroupId: groupId } };
}

/** Bounded, as CloudFormation's answers are. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1000);
}
