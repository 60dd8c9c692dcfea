/** Starts the hashing worker under the Trusted Types policy of the page. */
import type { HashWorker } from '../../../client/hashing/start-worker.ts';

interface Policy {
  createScriptURL(url: string): string;
}

declare const trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy }
  | undefined;

/** The place of the built worker; esbuild writes it. */
declare const HASH_WORKER: string;

const policy: Policy =
  typeof trustedTypes === 'undefined'
    ? { createScriptURL: ownScript }
    : trustedTypes.createPolicy('stowage-console', { createScriptURL: ownScript });

/** The only script that this page may start later. */
function ownScript(name: string): string {
  if (name !== HASH_WORKER) throw new TypeError('the console has no such script');
  return new URL(name, document.baseURI).href;
}

export function startTrustedWorker(): HashWorker | undefined {
  try {
    const worker = new Worker(policy.createScriptURL(HASH_WORKER), { type: 'module' });
    return worker as unknown as HashWorker;
  } catch {
    return undefined;
  }
}
