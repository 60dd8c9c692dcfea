/** The verification queue of several servers: one message a package in Amazon SQS. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ServiceError } from '../../core/errors.ts';
import type { PackageRef } from '../../core/names.ts';
import type { VerificationQueue } from '../../core/uploads/deps.ts';

export interface SqsVerificationQueueOptions {
  /** @default the SDK's own: AWS_REGION and the credentials of the environment */
  readonly client?: SQSClient;
  readonly queueUrl: string;
}

export class SqsVerificationQueue implements VerificationQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor({ client = new SQSClient({}), queueUrl }: SqsVerificationQueueOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** @throws UNAVAILABLE */
  async enqueue({ versionId, packageId }: PackageRef): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      MessageBody: JSON.stringify({ versionId, packageId }),
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new ServiceError('UNAVAILABLE', `the verification queue takes no message: ${reason}`, { cause: error });
    }
  }
}
