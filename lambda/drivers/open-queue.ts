/** Opens the queue of packages whose bytes must be read back. */
import { SqsVerificationQueue } from '../../storage/sqs/sqs-verification-queue.ts';
import { signedRequests } from './signed-requests.ts';

export function openQueue(queueUrl: string): SqsVerificationQueue {
  return new SqsVerificationQueue({ queueUrl, ...signedRequests('SQS') });
}
