/** The table that a command works on: of a deployed stack, or of the settings. */
import type { Cli } from '../command/cli.ts';
import { asMisuse } from '../output/fault.ts';
import { findStack } from './find-stack.ts';

export interface FoundTable {
  readonly tableName: string;
  readonly region: string;
  readonly endpoint: string | undefined;
}

export async function tableOf(
  cli: Cli,
  { stack: stackName }: { readonly stack?: string },
): Promise<FoundTable> {
  if (stackName !== undefined) {
    const stack = await findStack(stackName, cli.env);
    const table = { tableName: stack.output('TableName'), region: stack.output('Region') };
    return { ...table, endpoint: undefined };
  }
  const { readTableSettings } = await import('../../open/settings/server-settings.ts');
  const { tableName, region, endpoint } = asMisuse(() => readTableSettings(cli.env));
  return { tableName, region, endpoint };
}
