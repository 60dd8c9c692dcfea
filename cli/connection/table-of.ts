/** The table that a command works on: of a deployed stack, or of the settings. */
import { asMisuse } from '../output/fault.ts';
import { findStack } from './find-stack.ts';

export interface FoundTable {
  readonly tableName: string;
  readonly region: string;
  readonly endpoint: string | undefined;
}

export async function tableOf(
  env: Readonly<Record<string, string | undefined>>,
  { stack: stackName }: { readonly stack?: string },
): Promise<FoundTable> {
  if (stackName !== undefined) {
    const stack = await findStack(stackName, env);
    const table = { tableName: stack.output('TableName'), region: stack.output('Region') };
    return { ...table, endpoint: undefined };
  }
  const { readTableSettings } = await import('../../open/settings/server-settings.ts');
  const { tableName, region, endpoint } = asMisuse(() => readTableSettings(env));
  return { tableName, region, endpoint };
}
