/** The policy that docs/operations.md gives to a role that runs `stowage doctor --stack`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Policy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string;
  }[];
}

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'operations.md');

export function doctorPolicy(): Policy {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split('## Check a deployed stage');
  const [, block = ''] = /```json\n([\s\S]*?)```/.exec(section) ?? [];
  return JSON.parse(block) as Policy;
}
