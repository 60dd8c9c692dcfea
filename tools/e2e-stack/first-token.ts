/** Makes an admin token of a stack, as `stowage token create --stack` does: straight into its table. */
import { type IssuedToken, issueToken } from '../../core/access/tokens.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import type { DeployedStack } from '../../test/support/deployed/deployed-stack.ts';

/** @param expiresAt @default never */
export async function makeFirstToken(
  stack: Pick<DeployedStack, 'dynamo' | 'output'>,
  name: string,
  expiresAt?: string,
): Promise<IssuedToken> {
  const catalog = new DynamoCatalog({ client: stack.dynamo, tableName: stack.output('TableName') });
  const wanted = { name, scopes: ['admin'] as const, ...withoutUndefined({ expiresAt }) };
  const issued = issueToken(wanted, name, new Date(), [], await catalog.newTokenId());
  if (!(await catalog.createToken(issued.record)))
    throw new Error('a token with that id exists; run it again');
  return issued;
}
