/** Tests what the catalog relies on in a table; writes nothing to it. */
import { examine, type Trial } from '../../core/doctor/examine.ts';
import { type Circumstances, type Finding, kept } from '../../core/doctor/report.ts';
import { checkTable } from '../../storage/dynamo/check-table.ts';
import { dynamoClient } from '../../storage/dynamo/dynamo-client.ts';

export interface TableOptions {
  readonly tableName: string;
  readonly region: string;
  readonly endpoint?: string;
}

interface Bench {
  readonly client: ReturnType<typeof dynamoClient>;
  readonly tableName: string;
}

const TABLE: readonly Trial<Bench>[] = [
  {
    id: 'table',
    group: 'The catalog',
    promise: 'the table is there, lets us in, and has the keys and indexes of the catalog',
    need: 'always',
    otherwise: 'the service does not start: mend the setting or the table, see docs/dynamodb.md',
    async attempt({ client, tableName }) {
      await checkTable(client, tableName);
      return kept(`${tableName} is as it must be`);
    },
  },
];

export async function examineTable(
  { tableName, region, endpoint }: TableOptions,
  circumstances: Circumstances,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const client = dynamoClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  try {
    return await examine(TABLE, { client, tableName }, circumstances, signal);
  } finally {
    client.destroy();
  }
}
