/**
 * The function of the CloudFormation resource that remembers since when a stage has been deployed.
 * The second of the first deployment is the id of the resource, so that nothing has to keep it.
 */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { answerCloudFormation } from '../runtime/answer-cloudformation.ts';
import { functionLog } from '../runtime/function-log.ts';

const log = functionLog('deployed-since');

export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  const since =
    'PhysicalResourceId' in event
      ? event.PhysicalResourceId
      : String(Math.floor(Date.now() / 1000));
  log.info({ since }, `deployed since: ${event.RequestType}`);
  await answerCloudFormation(event, { Status: 'SUCCESS', PhysicalResourceId: since });
}
