/** Starts dynalite in the process of the test, and creates tables in it. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { dynamoClient, type SdkDynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import { tableDefinition } from '../../../storage/dynamo/table.ts';

export class DynamoServer {
  readonly #server: Server;
  readonly #admin: SdkDynamoClient;
  #tables = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#admin = this.client();
  }

  static async start(): Promise<DynamoServer> {
    const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DynamoServer(server);
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** A new client, which the caller (or its catalog) destroys. */
  client(): SdkDynamoClient {
    return dynamoClient({
      region: 'eu-central-1',
      endpoint: this.endpoint,
      // Tests send a thousand requests at once, on a machine that may be busy.
      timeoutMs: 60_000,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  /** @returns the name of a new, empty table */
  async newTable(): Promise<string> {
    this.#tables += 1;
    const tableName = `stowage-${this.#tables}`;
    await this.#admin.send(new CreateTableCommand(tableDefinition(tableName)));
    // Until then, requests to it are refused as if it were not there.
    while (!(await this.#isActive(tableName)));
    return tableName;
  }

  async #isActive(tableName: string): Promise<boolean> {
    const { Table } = await this.#admin.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.TableStatus === 'ACTIVE';
  }

  async stop(): Promise<void> {
    this.#admin.destroy();
    await new Promise<void>((resolve, reject) =>
      this.#server.close((error) =>
        error === undefined || error === null ? resolve() : reject(error),
      ),
    );
  }
}
