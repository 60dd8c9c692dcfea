/** Puts the files of the console into the bucket, as CloudFormation asks for them. */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import pRetry from 'p-retry';
import {
  CONSOLE_PAGE,
  type ConsoleFileHeaders,
  consoleFileHeaders,
  pageOfService,
} from '../../core/console.ts';
import { ServiceError } from '../../core/errors.ts';
import { CONSOLE_FOLDER } from '../../core/layout.ts';
import { type ResourceAnswer, reasonOf } from '../runtime/answer-cloudformation.ts';

export interface ConsoleDeps {
  /** The files by name. */
  readonly files: ReadonlyMap<string, string>;
  /** The origin that browsers send uploads to. */
  readonly storageUrl: string;
  put(key: string, text: string, headers: ConsoleFileHeaders): Promise<void>;
  /** The pause after the first try; it doubles with each further one. @default 2000 */
  readonly pauseMs?: number;
}

const ID = 'console';
/** A minute: this function runs seconds after its policy was made, which IAM is still spreading. */
const RETRIES = 5;

/**
 * Returns errors as an answer instead of throwing: without an answer CloudFormation waits an hour.
 * Removes nothing: tabs that are open load files of the release before, and the bucket outlives
 * the stack.
 * @param open reads the files; may throw, too
 */
export async function placeConsole(
  event: CloudFormationCustomResourceEvent,
  open: () => Promise<ConsoleDeps>,
): Promise<ResourceAnswer> {
  try {
    if (event.RequestType !== 'Delete')
      await place(event.ResourceProperties['ApiUrl'], await open());
    return { Status: 'SUCCESS', PhysicalResourceId: ID };
  } catch (error) {
    return { Status: 'FAILED', PhysicalResourceId: ID, Reason: reasonOf(error) };
  }
}

/** The page comes last, when all that it loads is there. */
async function place(
  apiUrl: unknown,
  { files, storageUrl, put, pauseMs = 2000 }: ConsoleDeps,
): Promise<void> {
  if (typeof apiUrl !== 'string' || !URL.canParse(apiUrl))
    throw new ServiceError('INVALID_INPUT', 'property ApiUrl must be the URL of the service');
  const page = files.get(CONSOLE_PAGE);
  if (page === undefined)
    throw new ServiceError('INTERNAL', `the bundle of this function has no ${CONSOLE_PAGE}`);
  const store = (name: string, text: string) =>
    pRetry(() => put(`${CONSOLE_FOLDER}/${name}`, text, consoleFileHeaders(name)), {
      retries: RETRIES,
      minTimeout: pauseMs,
    });
  for (const [name, text] of files) if (name !== CONSOLE_PAGE) await store(name, text);
  await store(CONSOLE_PAGE, pageOfService(page, apiUrl, storageUrl));
}
