/** The verification queue of several servers: one message a package in Amazon SQS, which may come twice and in any order. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ServiceError } from '../../core/errors.ts';
import type { VerificationQueue } from '../../core/uploads/deps.ts';
import { ticketOf, type VerificationTicket } from '../../core/verification/ticket.ts';
import { VERIFICATION_PATIENCE_SECONDS } from '../../core/verification/verify-in-steps.ts';

/** The caller waits for it. */
const TIMEOUT_MS = 3000;
const MAX_ATTEMPTS = 3;

export interface SqsVerificationQueueOptions {
  readonly queueUrl: string;
  /** @default the SDK's own: AWS_REGION and the credentials of the environment */
  readonly client?: SQSClient;
}

export class SqsVerificationQueue implements VerificationQueue {
  readonly patienceSeconds = VERIFICATION_PATIENCE_SECONDS;
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor({ queueUrl, client = defaultClient() }: SqsVerificationQueueOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** @param ticket with its progress, if it has any @throws UNAVAILABLE */
  async enqueue(ticket: VerificationTicket): Promise<void> {
    const body = JSON.stringify(ticketOf(ticket, ticket.progress));
    try {
      await this.#client.send(new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: body }));
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new ServiceError('UNAVAILABLE', `the verification queue takes no message: ${reason}`, { cause: error });
    }
  }
}

function defaultClient(): SQSClient {
  return new SQSClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
}
