/** A stack in the emulator as a target of the service contract: reached as from the internet, though no name of it resolves here. */
import { makeFirstToken } from '../../tools/e2e-stack/first-token.ts';
import type { ServiceTarget } from '../e2e/service-target.ts';
import { stackTarget } from '../e2e/stack/stack-target.ts';
import { askJson } from '../support/deployed/aws-call.ts';
import type { DeployedStack } from '../support/deployed/deployed-stack.ts';
import { type Send, send } from '../support/plain-client.ts';

export const CORS_ORIGIN = 'https://pages.example.com';

export async function openDeployed(stack: DeployedStack): Promise<ServiceTarget> {
  const { token } = await makeFirstToken(stack, 'rehearsal');
  return {
    ...stackTarget(stack, {
      adminToken: token,
      send: reaching(new URL(stack.account.endpoint ?? '').port),
      corsOrigin: CORS_ORIGIN,
      versionPrefix: '1.0+',
    }),
    withoutEvents: (work) => withoutArrivals(stack, work),
  };
}

/**
 * Every host is the emulator, which distinguishes hosts by their names. It has no TLS; a header says
 * where a client would have used it.
 */
function reaching(port: string): Send {
  return (url, options = {}) => {
    const { protocol, host, pathname, search } = new URL(url);
    const tls = protocol === 'https:' ? { 'x-forwarded-proto': 'https' } : {};
    const headers = { ...options.headers, host, ...tls };
    return send(`http://127.0.0.1:${port}${pathname}${search}`, { ...options, headers });
  };
}

/** The rule that hands arrivals on is switched off meanwhile. */
async function withoutArrivals(
  { account, ...stack }: DeployedStack,
  work: () => Promise<void>,
): Promise<void> {
  const rule = stack.resources.find(({ logicalId }) => logicalId.startsWith('UpkeepArrivals'));
  const [, Name] = /(?:\/|^)([^/]+)$/.exec(rule?.physicalId ?? '') ?? [];
  await askJson(account, 'events', 'AWSEvents.DisableRule', { Name });
  try {
    await work();
  } finally {
    await askJson(account, 'events', 'AWSEvents.EnableRule', { Name });
  }
}
