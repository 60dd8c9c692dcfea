/** A deployed stack as a target of the service contract: reached as from the internet, though no name of it resolves here. */
import { issueToken } from '../../core/access/tokens.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import type { ServiceTarget } from '../e2e/service-target.ts';
import { type Send, send } from '../support/plain-client.ts';
import { askJson } from './aws-call.ts';
import type { DeployedStack } from './deployed-stack.ts';

export const CORS_ORIGIN = 'https://pages.example.com';
const SHORT_LIVES = { UPLOAD_TTL_SECONDS: '1', UPLOAD_RETENTION_SECONDS: '1' };

export async function openDeployed(stack: DeployedStack): Promise<ServiceTarget> {
  const sweep = stack.function('UpkeepSweep');
  return {
    url: stack.output('ApiUrl'),
    adminToken: await firstAdminToken(stack),
    send: reaching(stack.emulator.port),
    promises: {
      finishesByEvent: true,
      yankStopsLinks: true,
      refusesOtherBytes: true,
      sandboxesDownloads: stack.outputs['CdnDomain'] !== undefined,
      corsOrigin: CORS_ORIGIN,
    },
    withoutEvents: (work) => withoutArrivals(stack, work),
    sweep: () => sweep.withSettings(SHORT_LIVES, () => sweep.invoke()),
    async close() {},
  };
}

/**
 * Every host is the emulator, which distinguishes hosts by their names. It has no TLS; a header says
 * where a client would have used it.
 */
function reaching(port: number): Send {
  return (url, options = {}) => {
    const { protocol, host, pathname, search } = new URL(url);
    const tls = protocol === 'https:' ? { 'x-forwarded-proto': 'https' } : {};
    const headers = { ...options.headers, host, ...tls };
    return send(`http://127.0.0.1:${port}${pathname}${search}`, { ...options, headers });
  };
}

/** The rule that hands arrivals on is switched off meanwhile. */
async function withoutArrivals(
  { emulator, ...stack }: DeployedStack,
  work: () => Promise<void>,
): Promise<void> {
  const rule = stack.resources.find(({ logicalId }) => logicalId.startsWith('UpkeepArrivals'));
  const [, Name] = /(?:\/|^)([^/]+)$/.exec(rule?.physicalId ?? '') ?? [];
  await askJson(emulator, 'events', 'AWSEvents.DisableRule', { Name });
  try {
    await work();
  } finally {
    await askJson(emulator, 'events', 'AWSEvents.EnableRule', { Name });
  }
}

/** As an operator makes it, with credentials of the account. */
async function firstAdminToken(stack: DeployedStack): Promise<string> {
  const catalog = new DynamoCatalog({ client: stack.dynamo, tableName: stack.output('TableName') });
  const { record, token } = issueToken(
    { name: 'rehearsal', scopes: ['admin'] },
    'rehearsal',
    new Date(),
  );
  await catalog.createToken(record);
  return token;
}
