/**
 * The verification queue in Amazon SQS: one message per package, or per run of checks. They may come
 * twice, in any order.
 */
import type { CheckQueue } from '../../core/checks/runs/check-queue.ts';
import type { VerificationQueue } from '../../core/publishing/deps.ts';
import { ticketOf, type VerificationTicket } from '../../core/publishing/ticket.ts';
import { VERIFICATION_PATIENCE_SECONDS } from '../../core/publishing/verify-in-steps.ts';
import type { AwsClientOptions } from '../aws/aws-client.ts';
import { translating } from '../aws/errors.ts';
import { JsonClient } from '../aws/json-client.ts';
import { SQS } from '../aws/json-services.ts';

export interface SqsVerificationQueueOptions extends AwsClientOptions {
  readonly queueUrl: string;
}

export class SqsVerificationQueue implements VerificationQueue, CheckQueue {
  readonly patienceSeconds = VERIFICATION_PATIENCE_SECONDS;
  readonly #client: JsonClient;
  readonly #queueUrl: string;

  /** Sends to the host of the queue's URL, unless an endpoint is given. */
  constructor({ queueUrl, ...options }: SqsVerificationQueueOptions) {
    const endpoint = options.endpoint ?? new URL(queueUrl).origin;
    this.#client = new JsonClient(SQS, { ...options, endpoint });
    this.#queueUrl = queueUrl;
  }

  /** @param ticket with its progress, if it has any @throws UNAVAILABLE */
  async enqueue(ticket: VerificationTicket): Promise<void> {
    await this.#send(ticketOf(ticket, ticket.progress));
  }

  /** @throws UNAVAILABLE */
  async enqueueCheck(checkId: string): Promise<void> {
    await this.#send({ checkId });
  }

  async #send(message: object): Promise<void> {
    const body = JSON.stringify(message);
    await translating(`the verification queue ${this.#queueUrl}`, () =>
      this.#client.send('SendMessage', { QueueUrl: this.#queueUrl, MessageBody: body }),
    );
  }
}
