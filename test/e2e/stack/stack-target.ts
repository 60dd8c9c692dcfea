/** A deployed stack as a target of the service contract. No setting of it is changed. */
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import type { Send } from '../../support/plain-client.ts';
import type { ServiceTarget } from '../service-target.ts';

export interface StackTargetOptions {
  readonly adminToken: string;
  /** Of the admin token, and so of all that it makes. @default never */
  readonly tokensExpireAt?: string;
  readonly send: Send;
  /** The origin whose pages may call. */
  readonly corsOrigin: string;
  /** No other versions than these are touched. */
  readonly versionPrefix: string;
}

/** Longer ago than any stage keeps an idle upload. */
const LONG_AGO = '2020-01-01T00:00:00.000Z';
const END_OF_TIME = '9999-12-31T23:59:59.999Z';

export function stackTarget(stack: DeployedStack, options: StackTargetOptions): ServiceTarget {
  const { corsOrigin, ...access } = options;
  const catalog = new DynamoCatalog({ client: stack.dynamo, tableName: stack.output('TableName') });
  return {
    url: stack.output('ApiUrl'),
    ...access,
    promises: {
      finishesByEvent: true,
      yankStopsLinks: true,
      refusesOtherBytes: true,
      listsPartDigests: true,
      makesStatements: false,
      sandboxesDownloads: stack.outputs['CdnDomain'] !== undefined,
      corsOrigin,
    },
    async sweep() {
      await letUploadsAge(catalog, options.versionPrefix);
      await stack.function('UpkeepSweep').invoke();
    },
    async close() {},
  };
}

/** The lifetimes are those of the stage, so the records are changed: those of these versions alone. */
async function letUploadsAge(catalog: DynamoCatalog, versionPrefix: string): Promise<void> {
  for await (const record of catalog.unfinished(END_OF_TIME)) {
    const { versionId, attemptId, state, touchedAt } = record;
    if (!versionId.startsWith(versionPrefix) || state === 'deleted') continue;
    await catalog.changePackage(
      record,
      { attemptId, states: [state], touchedAt },
      { touchedAt: LONG_AGO },
    );
  }
}
