/**
 * The CDN's keys as a CloudFormation resource: made with the stack, kept by updates, removed with
 * the stack. An answer must not hold a private key.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import {
  type FirstKeysDeps,
  makeFirstKeys,
  removeAllKeys,
} from '../../core/cdn-keys/first-keys.ts';
import { signerOf } from '../../core/cdn-keys/keyring.ts';
import type { KeyGroup } from '../../core/cdn-keys/ports.ts';
import { type ErrorCode, isServiceError, ServiceError } from '../../core/errors.ts';
import { type ResourceAnswer, reasonOf } from '../runtime/answer-cloudformation.ts';

export interface KeysResourceDeps extends FirstKeysDeps {
  readonly keyGroups: FirstKeysDeps['keyGroups'] & { group(groupId: string): KeyGroup };
  /** Waits between two tries. @default by a timer */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** The pause after the first try; it doubles with each further one. */
const PAUSE_MS = 2000;
/** A minute: this function runs seconds after its policy was made, which IAM is still spreading. */
const CREATE_TRIES = 6;
/** Two minutes, until the end of the distribution is known everywhere. */
const REMOVAL_TRIES = 7;
/** The id after a failed create: CloudFormation then asks to delete a resource of this id. */
const NOTHING = 'nothing-was-made';

/**
 * Returns errors as an answer instead of throwing: without an answer CloudFormation waits an hour.
 * @param open makes the clients; may throw, too
 */
export async function changeKeys(
  event: CloudFormationCustomResourceEvent,
  open: () => KeysResourceDeps,
): Promise<ResourceAnswer> {
  const physicalId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : NOTHING;
  try {
    return await change(event, open());
  } catch (error) {
    return { Status: 'FAILED', PhysicalResourceId: physicalId, Reason: reasonOf(error) };
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

/**
 * Removes what a failed create has made, because CloudFormation does not know of it. On a CONFLICT
 * nothing is removed: an event can come twice, and the other call is making the keys.
 */
async function create(deps: KeysResourceDeps, groupName: string): Promise<string> {
  try {
    return await makeKeys(deps, groupName);
  } catch (error) {
    if (isServiceError(error, 'CONFLICT')) throw error;
    await remove(deps, groupName).catch((cause: unknown) => {
      const left = `what was made of ${groupName} could not be removed: ${reasonOf(cause)}`;
      throw new ServiceError('INTERNAL', `${reasonOf(error)}; ${left}`, { cause });
    });
    throw error;
  }
}

/**
 * Updates leave keys alone, as only the rotation changes them. The exception is an empty keyring:
 * it gets new keys, in the group that the CDN trusts.
 */
async function keep(deps: KeysResourceDeps, groupId: string): Promise<string> {
  const { keyring } = await deps.keyring.read();
  if (signerOf(keyring) !== undefined) return groupId;
  const { name } = await deps.keyGroups.group(groupId).read();
  return makeKeys(deps, name);
}

/** Each try continues where the last one was refused. */
function makeKeys(deps: KeysResourceDeps, groupName: string): Promise<string> {
  return retry(deps, CREATE_TRIES, ['UNAVAILABLE'], () => makeFirstKeys(deps, groupName));
}

function remove(deps: KeysResourceDeps, groupName: string, groupId?: string): Promise<void> {
  return retry(deps, REMOVAL_TRIES, ['CONFLICT', 'UNAVAILABLE'], () =>
    removeAllKeys(deps, groupName, groupId),
  );
}

async function retry<Result>(
  { pause = delay }: KeysResourceDeps,
  tries: number,
  passing: readonly ErrorCode[],
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === tries || !isServiceError(error, ...passing)) throw error;
      await pause(PAUSE_MS * 2 ** (tried - 1));
    }
  }
}

function idOf(physicalId: string): string | undefined {
  return physicalId === NOTHING ? undefined : physicalId;
}

function made(groupId: string): ResourceAnswer {
  return { Status: 'SUCCESS', PhysicalResourceId: groupId, Data: { KeyGroupId: groupId } };
}
