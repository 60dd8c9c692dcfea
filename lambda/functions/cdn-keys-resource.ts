/**
 * The function of the CloudFormation resource of the CDN's keys: it makes them, and sends its answer
 * to the URL in CloudFormation's request.
 */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { changeKeys } from '../cdn-keys/keys-resource.ts';
import { openCdnKeys } from '../drivers/open-cdn-keys.ts';
import { answerCloudFormation } from '../runtime/answer-cloudformation.ts';
import { functionLog } from '../runtime/function-log.ts';
import { readCdnKeyring } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

const log = functionLog('cdn-keys-resource');

/** CloudFormation also gets an answer when opening fails: it would wait an hour otherwise. */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  const answer = await changeKeys(event, () =>
    openCdnKeys(readFunctionSettings(readCdnKeyring), true),
  );
  const { Status: status, PhysicalResourceId: resource } = answer;
  const reason = answer.Status === 'FAILED' ? { reason: answer.Reason } : {};
  log[status === 'FAILED' ? 'error' : 'info'](
    { status, resource, ...reason },
    `keys of the CDN: ${event.RequestType}`,
  );
  await answerCloudFormation(event, answer);
}
