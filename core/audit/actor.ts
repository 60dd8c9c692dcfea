/**
 * Who makes the changes of the moment. It is set once around a request, and read where the catalog
 * writes, so that no use case has to pass it on.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';

export interface Actor {
  /** The job or the tokenId; `stowage` for what the service does itself. */
  readonly who: string;
  readonly requestId: string;
  /** The operation of a request. */
  readonly action?: string;
}

/** What the service does by itself: sweeps, verifications, the first start, commands. */
const SERVICE: Actor = { who: 'stowage', requestId: 'background' };

interface Scene extends Actor {
  /** What the operation adds to its events. */
  detail: Readonly<Record<string, unknown>> | undefined;
}

let opened: AsyncLocalStorage<Scene> | undefined;

/** Opened by the first change: functions on AWS that change nothing start without it. */
function scenes(): AsyncLocalStorage<Scene> {
  if (opened === undefined) {
    const { AsyncLocalStorage: Storage } = process.getBuiltinModule('node:async_hooks');
    opened = new Storage<Scene>();
  }
  return opened;
}

/** Runs `work`; every change that it writes is noted as made by `actor`. */
export function actAs<Result>(actor: Actor, work: () => Result): Result {
  return scenes().run({ ...actor, detail: undefined }, work);
}

/** As `actAs`, unless a request is under way already. */
export function actByDefault<Result>(who: string, work: () => Result): Result {
  return scenes().getStore() === undefined ? actAs({ ...SERVICE, who }, work) : work();
}

/** Adds to the events of the request under way what its records do not show. */
export function addAuditDetail(detail: Readonly<Record<string, unknown>>): void {
  const scene = scenes().getStore();
  if (scene !== undefined) scene.detail = { ...scene.detail, ...detail };
}

export function currentActor(): Actor & { readonly detail?: Scene['detail'] } {
  return scenes().getStore() ?? SERVICE;
}
