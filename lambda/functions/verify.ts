/**
 * The function that works off the verification queue: it joins parts, reads back bytes that the
 * store has not proven, and sends the rest of its work to itself. It also runs the checks that read
 * large files.
 */
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { loadSigstoreVerifier } from '../../core/checks/sigstore/load-verifier.ts';
import { verifyStep } from '../../core/publishing/verify-in-steps.ts';
import type { Log } from '../../service/host/log.ts';
import { reportCheck, reportVerification } from '../../service/upkeep/upkeep-log.ts';
import { wasmHashes } from '../../storage/hashing/wasm-hashes.ts';
import { openUploads, type Uploads } from '../drivers/open-uploads.ts';
import { timeOf, type UpkeepCall, upkeepFunction } from '../runtime/upkeep-function.ts';
import { readUploads } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';
import { readCheckRequest, readTicket } from '../upkeep/ticket-message.ts';

const open = () => openUploads(readFunctionSettings(readUploads));

/** Handles messages one after the other; only those that fail come again. */
export const handler = upkeepFunction(
  'verify',
  open,
  async (event, call): Promise<SQSBatchResponse> => {
    const { Records: messages = [] } = event as { readonly Records?: readonly SQSRecord[] };
    const hasTime = timeOf(call.context);
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const [index, message] of messages.entries()) {
      try {
        // A message that there is no time for comes again.
        if (index > 0 && !hasTime()) throw new Error('no time is left for this message');
        await work(message.body, hasTime, call);
      } catch (error) {
        call.log.error(
          { err: error, messageId: message.messageId },
          'verification failed, to be tried again',
        );
        batchItemFailures.push({ itemIdentifier: message.messageId });
      }
    }
    return { batchItemFailures };
  },
);

async function work(
  body: string,
  hasTime: () => boolean,
  { deps, log }: UpkeepCall<Uploads>,
): Promise<void> {
  const checkId = readCheckRequest(body);
  if (checkId !== undefined) return check(checkId, deps, log);
  const ticket = readTicket(body);
  if (ticket === undefined) return log.warn('ignored: this is no ticket of a verification');
  const { versionId, packageId, attemptId } = ticket;
  const startedAt = performance.now();
  const step = await verifyStep({ ...deps, hashes: wasmHashes, hasTime }, ticket);
  const ms = Math.round(performance.now() - startedAt);
  switch (step.outcome) {
    case 'continues':
      await deps.verification.enqueue(step.next);
      return log.info(
        { versionId, packageId, hashedBytes: step.next.progress?.hashedBytes ?? 0, ms },
        'goes on later',
      );
    case 'elsewhere':
      return log.info({ versionId, packageId }, 'somebody else verifies this');
    case 'ended':
      if (step.record?.attemptId === attemptId) reportVerification(log, step.record, ms);
  }
}

const loadBundleVerifier = () => loadSigstoreVerifier();

async function check(checkId: string, deps: Uploads, log: Log): Promise<void> {
  const { runCheck } = await import('../../core/checks/runs/check-runs.ts');
  const startedAt = performance.now();
  const run = await runCheck({ ...deps, loadBundleVerifier }, checkId);
  if (run !== undefined) reportCheck(log, run, Math.round(performance.now() - startedAt));
}
