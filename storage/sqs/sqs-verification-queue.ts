/**
 * The verification queue in Amazon SQS: one message per package. They may come twice, in any order.
 */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { VerificationQueue } from '../../core/publishing/deps.ts';
import { ticketOf, type VerificationTicket } from '../../core/publishing/ticket.ts';
import { VERIFICATION_PATIENCE_SECONDS } from '../../core/publishing/verify-in-steps.ts';
import { clientOptions } from '../aws/client-options.ts';
import { translating } from '../aws/errors.ts';

export interface SqsVerificationQueueOptions {
  readonly queueUrl: string;
  /** @default a client with AWS_REGION and the credentials of the environment */
  readonly client?: SQSClient;
}

export class SqsVerificationQueue implements VerificationQueue {
  readonly patienceSeconds = VERIFICATION_PATIENCE_SECONDS;
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor({
    queueUrl,
    client = new SQSClient(clientOptions({})),
  }: SqsVerificationQueueOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** @param ticket with its progress, if it has any @throws UNAVAILABLE */
  async enqueue(ticket: VerificationTicket): Promise<void> {
    const body = JSON.stringify(ticketOf(ticket, ticket.progress));
    const command = new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: body });
    await translating(`the verification queue ${this.#queueUrl}`, () => this.#client.send(command));
  }
}
